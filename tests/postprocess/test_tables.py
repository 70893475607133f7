from pathlib import Path

import pyarrow as pa
import pytest
from stores import Found, make_store, picture, sha

from postprocess import ledger_columns
from postprocess.tables import STORED_SCHEMA, stored_images


def test_stored_images_are_read_from_all_ledgers_with_their_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_columns, "ROWS", 2)
    png = Found(picture(1, format_="PNG"), type="image/png")
    make_store(tmp_path, [picture(2), png, picture(3)], shard="one")
    store = make_store(tmp_path, [picture(4), Found(b"gone", outcome=None)], shard="two")
    table = stored_images(store)
    assert table.schema == STORED_SCHEMA
    assert {row["id"].hex(): row["type"] for row in table.to_pylist()} == store.images()
    assert store.images()[sha(png.content)] == "image/png"


def test_a_store_without_images_has_none(tmp_path: Path) -> None:
    store = make_store(tmp_path, [])
    assert stored_images(store).equals(pa.Table.from_pylist([], schema=STORED_SCHEMA))
