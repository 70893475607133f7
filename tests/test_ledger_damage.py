"""A ledger that is damaged, old, or was cut off from its power."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from carscrape.items import ImageResult, Outcome
from carscrape.ledger import Ledger, power_cut
from carscrape.ledger.salvage import salvage
from carscrape.ledger.schema import SCHEMA_VERSION
from carscrape.store import Store, StoreError
from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows
from tests.postprocess_command import postprocess
from tests.surviving import left_in

Again = tuple[Any, ...]

VERSION_1 = Path(__file__).with_name("ledger_v1.sql")


@pytest.fixture
def crawled(tmp_path: Path, demo_web: DemoWeb) -> tuple[Store, Again]:
    """A store of a finished crawl, and what to give to `crawl` to go on with it."""
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "blue ford", "black ford")
    again = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    assert crawl(*again)[0] == 0
    return Store(tmp_path / "s"), again


def whole_file(path: Path) -> None:
    """Bring what the journal holds into the ledger's file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")


def facts(store: Store) -> list[Again]:
    """What a rebuilt store must hold again: every result with its query, its image and its end."""
    sql = (
        "select query, engine, number, url, outcome, sha256 from result "
        "join page on page.id = page join image on image.id = image order by 1, 2, 3, 4"
    )
    return [tuple(row) for row in store.rows(sql)]


def assert_mended(store: Store, again: Again, before: list[Again]) -> None:
    """A crawl refuses the store, doctor mends it, and the next crawl completes it."""
    code, output = crawl(*again)
    assert code == 74, output
    assert "is damaged" in output
    assert f"python -m postprocess doctor {store.root} --rebuild" in output
    assert "Traceback" not in output
    told = postprocess("doctor", store.root, "--rebuild")
    assert "made anew of the rows that could be read" in told.stdout, told
    assert "Traceback" not in told.stderr
    code, output = crawl(*again)
    assert code == 0, output
    assert_quiet(output)
    assert facts(store) == before
    healthy = postprocess("doctor", store.root)
    assert (healthy.returncode, healthy.stdout) == (0, "everything adds up\n"), healthy


@pytest.mark.accepts("E06")
@pytest.mark.parametrize("seed", range(4))
def test_pages_of_noise_are_found_and_mended(crawled: tuple[Store, Again], seed: int) -> None:
    store, again = crawled
    before, path = facts(store), store.ledger_path()
    whole_file(path)
    content = bytearray(path.read_bytes())
    for page in random.Random(seed).sample(range(1, len(content) // 4096), 3):
        content[page * 4096 : (page + 1) * 4096] = random.Random(page).randbytes(4096)
    path.write_bytes(content)
    assert_mended(store, again, before)


@pytest.mark.accepts("E06")
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_ledger_is_found_and_mended(crawled: tuple[Store, Again], share: float) -> None:
    store, again = crawled
    before, path = facts(store), store.ledger_path()
    whole_file(path)
    content = path.read_bytes()
    path.write_bytes(content[: max(100, int(len(content) * share))])
    assert_mended(store, again, before)


@pytest.mark.accepts("E06")
def test_one_changed_byte_of_a_url_is_found(tmp_path: Path) -> None:
    path, url = tmp_path / "all.sqlite", b"http://a.example/the/one.jpg"
    with closing(Ledger(path)) as ledger:
        for each in (b"http://a.example/1", url, b"http://b.example/3"):
            ledger.images.add(each.decode())
    content = path.read_bytes()
    places = [place for place in range(len(content)) if content.startswith(url, place)]
    assert len(places) == 2  # in the table and in its index
    for place in places:
        changed = bytearray(content)
        changed[place + 20] ^= 1
        path.write_bytes(changed)
        with pytest.raises(StoreError, match=r"is damaged .*index"):
            Ledger(path)


@pytest.mark.accepts("E06")
def test_a_torn_and_a_missing_image_are_asked_again(
    crawled: tuple[Store, Again],
) -> None:
    store, again = crawled
    before = facts(store)
    torn, missing = [store.image_path(*each) for each in list(store.images().items())[:2]]
    torn.write_bytes(torn.read_bytes()[:1000])
    missing.unlink()
    told = postprocess("doctor", store.root, "--rebuild")
    assert "has 1,000 bytes" in told.stdout
    assert "is missing" in told.stdout
    assert crawl(*again)[0] == 0
    assert facts(store) == before
    assert postprocess("doctor", store.root).returncode == 0


def test_a_ledger_that_is_written_is_not_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "all.sqlite"
    with closing(Ledger(path)), pytest.raises(StoreError, match="is being written by process"):
        salvage(path)


@pytest.mark.accepts("E11")
def test_an_older_ledger_is_migrated_with_a_backup(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    store = Store(tmp_path / "s")
    store.create()
    path = store.ledger_path()
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1.read_text())
        images = old.execute("select id, url, outcome, tries from image").fetchall()
    port = f"demo_port={demo.port}"
    code, output = crawl("image_search", store.root, recipe(tmp_path, "red ford"), port)
    assert code == 0, output
    assert rows(store.root, "pragma user_version") == [(SCHEMA_VERSION,)]
    assert rows(store.root, "select id, url, outcome, tries from image where id < 4") == images
    assert rows(store.root, "select asks from image where id < 4") == [(1,), (3,), (0,)]
    with closing(sqlite3.connect(path.with_name("all.sqlite.v1"))) as backup:
        assert backup.execute("pragma user_version").fetchone() == (1,)
        assert backup.execute("select id, url, outcome, tries from image").fetchall() == images


@pytest.mark.accepts("E11")
def test_a_later_ledger_is_refused_with_advice(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.create()
    with closing(sqlite3.connect(store.ledger_path())) as later:
        later.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
    code, output = crawl("image_search", store.root, recipe(tmp_path, "red ford"))
    assert code == 74
    assert f"has schema {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}" in output
    assert "use the program that made it" in output
    assert "Traceback" not in output


@pytest.mark.accepts("E02")
def test_what_a_power_cut_tore_is_asked_again(
    crawled: tuple[Store, Again],
) -> None:
    store, again = crawled
    port = int(str(again[3]).partition("=")[2])
    before = left_in(store.root, port)
    torn = [store.image_path(*each) for each in list(store.images().items())[:3]]
    torn[0].write_bytes(b"")
    torn[1].write_bytes(torn[1].read_bytes()[:-500] + bytes(500))
    torn[2].unlink()
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute("update run set boot = 'another', ended_at = null, reason = null")
    code, output = crawl(*again)
    assert code == 0, output
    assert "3 images were torn by a power cut" in output
    assert left_in(store.root, port) == before
    assert postprocess("doctor", store.root).returncode == 0


def test_without_a_power_cut_no_image_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ledger").mkdir()
    monkeypatch.setattr(power_cut, "boot_id", lambda: "this one")
    monkeypatch.setattr("carscrape.ledger.boot_id", lambda: "this one")
    with closing(Ledger(tmp_path / "ledger" / "all.sqlite")) as ledger:
        ledger.pages.plan([], [])
        image, _ = ledger.images.add("http://a.example/1")
        item = ImageResult(image, "http://a.example/1", "a.example", outcome=Outcome.STORED)
        item.sha256, item.type, item.fetched_at = "0" * 64, "image/jpeg", 1000.0
        ledger.images.finish([(item, 0.0)])
        ledger.start_run("image_search", {}, {})
        assert ledger.forget_torn_images() == 0  # though its file is missing
        monkeypatch.setattr(power_cut, "boot_id", lambda: "the next one")
        assert ledger.forget_torn_images() == 1
        assert ledger.images.open_hosts() == ["a.example"]


@pytest.mark.accepts("D03")
def test_a_clock_set_back_makes_nobody_wait_for_years(tmp_path: Path) -> None:
    path = tmp_path / "all.sqlite"
    far = 4e9  # in the year 2096
    with closing(Ledger(path)) as ledger:
        ledger.hosts.hold("a.example", far)
        image, host = ledger.images.add("http://a.example/1")
        item = ImageResult(image, "http://a.example/1", str(host), outcome=Outcome.TIMEOUT)
        ledger.images.finish([(item, far)])
    with closing(Ledger(path)) as ledger:
        (until,) = ledger.hosts.held(0.0).values()
        assert until < far / 2
        due = ledger.images.next_due("a.example")
        assert due is not None
        assert due < far / 2


def test_closed_lists_hold_in_a_salvaged_ledger(tmp_path: Path) -> None:
    path = tmp_path / "all.sqlite"
    with closing(Ledger(path)) as ledger:
        ledger.images.add("http://a.example/1")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update image set outcome = 'stoned', final = 1")
        db.execute("insert into page (engine, query, number, verdict) values ('e', 'q', 0, 'x')")
    salvage(path)
    with closing(Ledger(path)) as ledger:
        assert [row["outcome"] for row in ledger.tally("select outcome from image")] == [None]
        assert ledger.pages.unfinished() == []
        assert ledger.pages.unasked("e") == 1
