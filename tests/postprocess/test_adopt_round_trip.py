"""From a crawl through the real img2dataset and back."""

from pathlib import Path

import pytest
from brought_back import LAYOUTS, img2dataset
from exporting import export

from carscrape.recipe import load
from carscrape.store import Store
from postprocess import doctor
from postprocess.adopt import adopt
from postprocess.funnel import count
from tests.conftest import start_demo
from tests.crawling import crawl, recipe

FOUND = (
    "select image.url, image.sha256, engine, query.id, query.text, query.attributes, number, rank, "
    "page_url, title, licence, author from result join image on image.id = image "
    "join page on page.id = page join query on query.id = page.query order by 1, 3, 4, 7, 8"
)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """A small crawl of the demo web, which goes on serving, and what its export said."""
    folder = tmp_path_factory.mktemp("crawled")
    demo = start_demo(faults="none")
    words = recipe(folder, "red Ford Mustang", "blue Honda Civic")
    given = (words, "engines=demo", "per_query=15", f"demo_port={demo.port}")
    code, output = crawl("image_search", folder / "store", *given)
    assert code == 0, output
    store = Store(folder / "store")
    yield store, export(store, folder / "urls", "urls")
    demo.stop()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_crawl_comes_back_as_it_was(layout: str, crawled, tmp_path: Path) -> None:
    store, exported = crawled
    shards = ("--output_format", layout, "--number_sample_per_shard", "10", "--thread_count", "8")
    img2dataset(exported, tmp_path / "got", *shards)
    other = Store(tmp_path / "store")
    adopted = adopt(tmp_path / "got", other, load(str(store.recipe_path)))
    assert adopted.wrong == []
    assert exported.urls >= 20
    assert f"{exported.urls} URLs that img2dataset was sent" in str(adopted)
    found = [[tuple(row) for row in each.rows(FOUND)] for each in (store, other)]
    assert found[0] == found[1]
    assert count(other).outcomes == count(store).outcomes
    assert doctor.examine(other) == []


def test_what_it_re_encodes_and_what_it_cannot_get_is_said(crawled, tmp_path: Path) -> None:
    store, exported = crawled
    encoding = (
        "--disable_all_reencoding",
        "False",
        "--image_size",
        "64",
        "--resize_mode",
        "border",
    )
    img2dataset(exported, tmp_path / "got", *encoding, "--output_format", "files")
    other = Store(tmp_path / "store")
    said = str(adopt(tmp_path / "got", other, load(str(store.recipe_path))))
    assert "re-encoded by img2dataset" in said
    rows = other.rows("select detail, width from image where outcome = 'stored'")
    assert all("was " in row["detail"] and row["width"] == 64 for row in rows)
    assert sum(count(other).outcomes.values()) == exported.urls
