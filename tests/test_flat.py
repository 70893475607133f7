"""What a crawl holds does not grow with the images it has seen."""

import json
from pathlib import Path

import pytest

from carscrape.lanes import OPEN_PAGES
from tests.bench.measure import web
from tests.bench.web import PER_QUERY
from tests.crawling import crawl, recipe, rows


def held(folder: Path, port: int, images: int) -> dict[str, int]:
    """What a crawl of so many images held at its end."""
    folder.mkdir()
    numbers = [str(number) for number in range(images // PER_QUERY)]
    found = folder / "lengths"
    crawl(
        "image_search",
        folder / "store",
        recipe(folder, *numbers),
        f"per_query={PER_QUERY}",
        f"demo_port={port}",
        faults=(f"lengths={found}",),
    )
    assert rows(folder / "store", "select count(*) from image where final") == [(images,)]
    return json.loads(found.read_text())


@pytest.mark.accepts("B10")
@pytest.mark.parametrize("options", [(), ("MISSING",)], ids=["stored", "missing"])
def test_nothing_grows_with_images(tmp_path: Path, options: tuple[str, ...]) -> None:
    few, many = 1_000, 9_000  # by the thousandth, all connections are open
    with web(1_000, *options) as port:
        small, large = held(tmp_path / "few", port, few), held(tmp_path / "many", port, many)
    # One entry per image, in whatever structure, would be as many as there are more images.
    assert large["entries"] - small["entries"] < (many - few) / 2
    assert large["pages"] <= OPEN_PAGES + 1  # the feed is one
