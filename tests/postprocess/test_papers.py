"""The card and the metadata of an export: read by those for whom they are, safe, and true."""

import csv
import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import mlcroissant
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from judged import judge
from markdown_it import MarkdownIt
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape.ledger.takedowns import Takedown, add_takedown
from carscrape.store import Store
from postprocess.dataset.markdown import escape, table
from postprocess.exporters import load_exporter

EVIL = "<img src=x onerror=alert(1)>|`[a](http://evil.example)\x1b[31m\nwww.evil.example"
PICTURES = [picture(seed) for seed in range(14)]
BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Ten red ones with a licence, three blue ones without, one too small; an evil label."""
    found = [Found(content, RED) for content in PICTURES[:10]]
    found += [Found(content, BLUE) for content in PICTURES[10:12]]
    found.append(Found(PICTURES[12], {"color": EVIL}))
    found.append(Found(picture(13, format_="PNG"), RED, type="image/png"))
    store = make_store(tmp_path, found)
    judge(store, {sha(PICTURES[9]): ("verify", "too_small")})
    with closing(sqlite3.connect(store.ledger_path())) as db, db:
        db.execute(
            "update result set licence = 'CC BY 4.0', licence_url = ? where page in "
            "(select page.id from page join query on query.id = query where attributes like ?)",
            (BY, '%"red"%'),
        )
        db.execute(
            "insert into run (spider, arguments, versions, started_at) values "
            """('image_search', '{"makes": "ford|x"}', '{"scrapy": "2.19"}', 86400)"""
        )
    return store


@pytest.fixture
def dataset(store: Store, tmp_path: Path) -> Path:
    load_exporter("folders").export(store, tmp_path / "dataset", seed=3)
    return tmp_path / "dataset"


def card(dataset: Path) -> tuple[dict[str, Any], str]:
    """The front matter, and the text."""
    _, head, text = (dataset / "README.md").read_text("utf-8").split("---\n", 2)
    return yaml.safe_load(head), text


def test_the_front_matter_is_what_hugging_face_knows(dataset: Path) -> None:
    head, _ = card(dataset)
    assert head == {
        "pretty_name": "small",
        "license": "unknown",
        "task_categories": ["image-classification"],
        "size_categories": ["n<1K"],
        "annotations_creators": ["machine-generated"],
        "source_datasets": ["original"],
    }


def test_the_card_tells_how_it_was_made_and_what_is_left(dataset: Path) -> None:
    _, text = card(dataset)
    digest = hashlib.sha256((dataset / "manifest.csv").read_bytes()).hexdigest()
    for line in (
        "# 13 labelled images",
        "Recipe small, phrases: {color} {make} {model}.".replace("{", "\\{").replace("}", "\\}"),
        "| 1970-01-02 | image\\_search | makes=ford\\|x | scrapy=2.19 |",
        "| Verified | whole pictures, large enough to learn from | 13 | too small 1 |",
        "76.9 % of the images come with the URL of a licence",
        "| CC BY 4.0 | 10 | 10 |",
        "| none named | 3 | 0 |",
        '- **verify** `{"stage": "verify", "version": 1}`',
        "Drawn with seed 3",
        "python -m postprocess takedown",
        "Nobody has asked so far.",
        f"`manifest.csv` has the sha256 `{digest}`",
    ):
        assert line in text, line


def test_strangers_text_stays_text(dataset: Path) -> None:
    _, text = card(dataset)
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert "<img" not in html
    assert "href" not in html
    assert "\x1b" not in text
    (row,) = [line for line in text.splitlines() if "onerror" in line and line.startswith("| &lt;")]
    assert "http:\\//" in row
    assert "www\\.evil" in row


@given(st.text())
def test_an_escaped_text_is_one_cell_that_reads_as_it_is(text: str) -> None:
    lines = table(["a", "b"], [[text, 1]]).splitlines()
    assert len(lines) == 3
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render("\n".join(lines))
    assert html.count("<td") == 2
    assert "<a" not in html
    assert escape(text) == escape(" ".join(text.split()))


def test_what_was_taken_down_goes_with_the_dataset(store: Store, dataset: Path) -> None:
    gone = sha(PICTURES[0])
    add_takedown(store, Takedown("2026-11-26T00:00:00Z", "hash", gone, "", (gone,)))
    load_exporter("folders").export(store, dataset, seed=3)
    assert "somebody asked: 1." in card(dataset)[1]
    listed = json.loads((dataset / "takedowns.jsonl").read_text())
    assert listed["images"] == [gone]


def test_done_twice_it_is_the_same(store: Store, dataset: Path) -> None:
    def papers() -> list[bytes]:
        return [(dataset / name).read_bytes() for name in ("README.md", "croissant.json")]

    before = papers()
    load_exporter("folders").export(store, dataset, seed=3)
    assert papers() == before


# rdflib, which reads JSON-LD for mlcroissant, warns of its own old names.
old_names = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@old_names
@pytest.mark.accepts("H06")
def test_croissant_is_valid_and_its_records_are_the_images(dataset: Path) -> None:
    read = mlcroissant.Dataset(jsonld=str(dataset / "croissant.json"))
    assert not read.metadata.ctx.issues.errors
    assert not read.metadata.ctx.issues.warnings
    with (dataset / "manifest.csv").open(encoding="utf-8", newline="") as file:
        manifest = {row["sha256"]: row for row in csv.DictReader(file)}
    records = {_text(record["images/sha256"]): record for record in read.records("images")}
    assert records.keys() == manifest.keys()
    for name, record in records.items():
        assert _text(record["images/label"]) == manifest[name]["label"]
        assert _text(record["images/split"]) == manifest[name]["split"]
        assert record["images/sources"] == 1
        assert record["images/image"].size == (96, 80)
    splits = Counter(_text(record["images/split"]) for record in records.values())
    assert splits == Counter(row["split"] for row in manifest.values())


def _text(value: bytes) -> str:
    return value.decode()


@old_names
def test_croissant_names_licences_provenance_and_dangers(dataset: Path) -> None:
    metadata = mlcroissant.Dataset(jsonld=str(dataset / "croissant.json")).metadata
    assert metadata.name == "small"
    assert metadata.license == ["CC BY 4.0"]
    assert "14 URLs" in metadata.data_collection
    assert metadata.data_collection_type == ["Web Scraping"]
    assert any("verify" in stage for stage in metadata.data_preprocessing_protocol)
    assert len(metadata.data_limitations) == 4
    assert "takedown" in metadata.data_release_maintenance_plan


@old_names
@pytest.mark.accepts("H06")
def test_a_changed_manifest_is_noticed(dataset: Path) -> None:
    with (dataset / "manifest.csv").open("a") as file:
        file.write("x\n")
    read = mlcroissant.Dataset(jsonld=str(dataset / "croissant.json"))
    with pytest.raises(mlcroissant.GenerationError, match="Download"):
        list(read.records("images"))


def test_a_parquet_manifest_is_described_too(dataset: Path, store: Store, tmp_path: Path) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    from postprocess.dataset.croissant import croissant
    from postprocess.dataset.examples import read_examples
    from postprocess.dataset.provenance import read_provenance
    from postprocess.exporters.base import Export, count_splits

    other = tmp_path / "other"
    shutil.copytree(dataset, other)
    rows = pyarrow.csv.read_csv(other / "manifest.csv")
    pyarrow.parquet.write_table(rows, other / "manifest.parquet")
    (other / "manifest.csv").unlink()
    examples = read_examples(store, 3).rows
    export = Export(other, 3, count_splits(examples), 0)
    made = read_provenance(store, other, examples)
    described = json.loads(croissant(other, export, examples, made))
    manifest = described["distribution"][0]
    assert manifest["encodingFormat"] == "application/x-parquet"
    digest = hashlib.sha256((other / "manifest.parquet").read_bytes()).hexdigest()
    assert manifest["sha256"] == digest
    names = [field["name"] for field in described["recordSet"][0]["field"]]
    assert names == [*rows.column_names, "image"]
