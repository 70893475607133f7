"""A store is counted in columns: what an image takes of Python's own memory is next to nothing."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from carscrape.store import Store
from postprocess import ledger_columns
from postprocess.funnel import count
from postprocess.tables import input_table, stored_images
from postprocess.verdicts import image_ids
from tests.bench.small_store import make

FEW, MANY = 1_000, 5_000
MOST = 100  # bytes per image; its name alone, as a string, has 113


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Store]:
    folder = tmp_path_factory.mktemp("stores")
    for images in (FEW, MANY):
        make(folder / f"{images}", images)
    return [Store(folder / f"{images}") for images in (FEW, MANY)]


def peak(read: Callable[[Store], Any], store: Store) -> int:
    tracemalloc.start()
    try:
        read(store)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("read", [image_ids, stored_images, input_table, count])
def test_memory_hardly_grows_with_images(
    read: Callable[[Store], Any], stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_columns, "ROWS", 100)
    read(stores[0])  # what is kept from the first time on, is not an image's
    few, many = (peak(read, store) for store in stores)
    assert (many - few) / (MANY - FEW) < MOST


def test_a_small_store_has_what_it_says(stores: list[Store]) -> None:
    funnel = count(stores[0])
    assert (funnel.results, funnel.files, funnel.outcomes) == (FEW, FEW, {"stored": FEW})
    assert len(funnel.labels) == FEW / 100
