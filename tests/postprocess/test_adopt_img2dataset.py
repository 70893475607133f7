import io
import json
import shutil
import signal
import subprocess
import sys
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from brought_back import END, LAYOUTS, Sent, write_shard
from exporting import export
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape import recipe
from carscrape.items import Outcome
from carscrape.ledger.takedowns import Takedown, add_takedown, key_of
from carscrape.store import Store
from postprocess import cli, doctor
from postprocess.adopt import AdoptError, adopt
from postprocess.adopt import ends as ends_module
from postprocess.funnel import count, disagreements
from tests.conftest import ROOT

URL = "https://images.example/{}.jpg"
ERRORS = {
    "HTTP Error 404: Not Found": Outcome.GONE,
    "HTTP Error 403: Forbidden": Outcome.REFUSED,
    "HTTP Error 429: ssl timed out": Outcome.THROTTLED,
    "HTTP Error 503: Service Unavailable": Outcome.SERVER_ERROR,
    "HTTP Error 302: The HTTP server returned a redirect error that": Outcome.REDIRECTS,
    "<urlopen error [Errno -2] Name or service not known>": Outcome.DNS,
    "<urlopen error timed out>": Outcome.TIMEOUT,
    "_ssl.c:989: The handshake operation timed out": Outcome.TIMEOUT,
    "<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed": Outcome.TLS,
    "<urlopen error [Errno 111] Connection refused>": Outcome.CONNECTION,
    "unknown url type: 'ftpx://a'": Outcome.SCHEME,
    "nonnumeric port: 'x'": Outcome.PORT,
    "IncompleteRead(5 bytes read, 3 more expected)": Outcome.TRUNCATED,
    "hash mismatch": Outcome.TRUNCATED,
    "Use of image disallowed by X-Robots-Tag directive": Outcome.OPTED_OUT,
    "something nobody has seen": Outcome.CONNECTION,
}
RESIZING = {
    "Image decoding error": Outcome.NOT_AN_IMAGE,
    "image too small": Outcome.TYPE_NOT_ALLOWED,
    "image area too large": Outcome.TOO_MANY_PIXELS,
    "OpenCV(4.14.0) error: (-215:Assertion failed) !buf.empty() in function": Outcome.EMPTY,
}


def pictures(number):
    return [Sent(URL.format(n), picture(n)) for n in range(number)]


def images(store):
    sql = "select url, outcome, detail, sha256, tries from image order by id"
    return {row["url"]: row for row in store.rows(sql)}


def tables(store):
    names = ("query", "page", "result", "image")
    return [[tuple(row) for row in store.rows(f"select * from {name}")] for name in names]


def findings(store):
    """Everything that says who found what where, as far as no row's id is in it."""
    sql = (
        "select image.url, engine, query.id, text, attributes, filters, number, rank, page_url, "
        "title, thumbnail, licence, found, repeats from result join image on image.id = image "
        "join page on page.id = page join query on query.id = page.query order by 1, 2, 3, 7, 8"
    )
    return [tuple(value or "" for value in row) for row in store.rows(sql)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_url_that_was_sent_has_one_end(layout, cars, tmp_path):
    sent = pictures(5)
    errors = [*ERRORS.items(), *RESIZING.items()]
    for number, (error, _) in enumerate(errors):
        status = "failed_to_resize" if error in RESIZING else "failed_to_download"
        sent.append(Sent(f"https://e.example/{number}", None, error, status))
    sent += [Sent(None, None), Sent("http://[#", None), Sent("https://page.example/", b"<html>")]
    write_shard(tmp_path / "out", layout, sent)
    store = Store(tmp_path / "store")
    adopted = adopt(tmp_path / "out", store, cars)
    assert adopted.wrong == []
    assert f"{len(sent)} URLs that img2dataset was sent, in 1 shards: stored 5" in str(adopted)
    assert "without a URL 2" in str(adopted)
    said = str(adopted).partition(": ")[2].split(", ")
    assert sum(int(part.split()[-1]) for part in said) == len(sent)
    rows = images(store)
    for number, (error, outcome) in enumerate(errors):
        assert rows[f"https://e.example/{number}"]["outcome"] == outcome, error
        assert error in rows[f"https://e.example/{number}"]["detail"]
    assert rows["https://page.example/"]["outcome"] == Outcome.NOT_AN_IMAGE
    assert [rows[URL.format(n)]["sha256"] for n in range(5)] == [sha(picture(n)) for n in range(5)]
    assert disagreements(count(store)) == []
    assert doctor.examine(store) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_again_changes_nothing(layout, cars, tmp_path):
    folder = tmp_path / "out"
    write_shard(folder, layout, [*pictures(5), Sent("https://e.example/1", None, "timed out")])
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    before = tables(store)
    said = str(adopt(folder, store, cars))
    assert tables(store) == before
    assert "stored 0, ended before 6 (stored 5, timeout 1)" in said
    write_shard(tmp_path / "later", layout, [Sent("https://e.example/1", picture(9))], end=END + 9)
    adopt(tmp_path / "later", store, cars)
    assert images(store)["https://e.example/1"]["outcome"] == Outcome.STORED


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_kill_at_any_picture_costs_nothing(layout, cars, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    for number in range(3):
        sent = [Sent(f"https://i.example/{number}/{n}", picture(n)) for n in range(4)]
        write_shard(folder, layout, sent, number)
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    adopt(folder, whole, cars)
    really, calls = ends_module.take, []

    def dying(*given):
        calls.append(given)
        if len(calls) in (1, 4, 9):
            raise KeyboardInterrupt
        really(*given)

    monkeypatch.setattr(ends_module, "take", dying)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            adopt(folder, store, cars)
    adopt(folder, store, cars)
    assert store.images() == whole.images()
    assert findings(store) == findings(whole)
    assert doctor.examine(store) == []


KILLED = """
import os, signal, sys
from carscrape.ledger.findings import Findings
from carscrape.ledger.images import Images
from postprocess import cli
from postprocess.adopt import ends
places = {"picture": (ends, "take"), "end": (Images, "finish"), "found": (Findings, "add")}
owner, name = places[sys.argv[1]]
really, calls = getattr(owner, name), []
def dying(*given):
    calls.append(given)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return really(*given)
setattr(owner, name, dying)
cli.main(["adopt", *sys.argv[2:]])
"""


def test_kill_9_costs_nothing(cars, tmp_path):
    folder = tmp_path / "out"
    for number in range(8):
        write_shard(folder, "webdataset", [Sent(URL.format(number), picture(number))], number)
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    adopt(folder, whole, cars)
    for place in ("picture", "end", "found"):
        given = (place, str(folder), str(store.root), "--recipe", cars.source)
        done = subprocess.run([sys.executable, "-c", KILLED, *given], cwd=ROOT)
        assert done.returncode == -signal.SIGKILL
    assert 0 < len(store.images()) < 8
    adopt(folder, store, cars)
    assert store.images() == whole.images()
    assert findings(store) == findings(whole)
    assert doctor.examine(store) == []


def exported(tmp_path, found):
    """A store, and for each of its URLs what `export` sent along."""
    store = make_store(tmp_path, found)
    export(store, tmp_path / "urls", "urls")
    (path,) = (tmp_path / "urls").glob("*.parquet")
    return store, pq.read_table(path).to_pylist()


@pytest.fixture
def crawled(tmp_path):
    """Four results of two URLs, found by two engines for two queries; nothing was asked yet."""
    same = URL.format("same")
    found = [
        Found(b"1", RED, outcome=None),
        Found(b"", RED, url=same, outcome=None),
        Found(b"", BLUE, url=same, outcome=None, title="ein Ding \u2603"),
        Found(b"", BLUE, url=same, engine="wikimedia", outcome=None),
    ]
    return exported(tmp_path, found)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_sent_along_comes_back(layout, crawled, cars, tmp_path):
    store, rows = crawled
    sent = [Sent(row["url"], picture(n), findings=row["findings"]) for n, row in enumerate(rows)]
    write_shard(tmp_path / "out", layout, sent)
    other = Store(tmp_path / "other")
    adopt(tmp_path / "out", other, cars)
    assert findings(other) == findings(store)
    before = findings(store)
    assert cli.main(["adopt", str(tmp_path / "out"), str(store.root)]) == 0
    assert findings(store) == before  # joined, and nothing doubled
    assert other.images() == store.images()
    assert doctor.examine(other) == doctor.examine(store) == []


def test_a_store_of_shards_gets_it_where_the_url_is(cars, tmp_path):
    make_store(tmp_path, [Found(b"", RED, url=URL.format(1), outcome=None)], "0of2")
    store = make_store(tmp_path, [Found(b"", BLUE, url=URL.format(2), outcome=None)], "1of2")
    write_shard(tmp_path / "out", "files", [*pictures(4)])
    adopt(tmp_path / "out", store, recipe.load(str(store.recipe_path)))
    urls = [row["url"] for row in store.rows("select url from image")]
    assert sorted(urls) == [URL.format(n) for n in range(4)]
    assert count(store).outcomes == {"stored": 4}


@pytest.mark.parametrize(
    ("outcome", "then"),
    [
        (Outcome.GONE, Outcome.STORED),
        (Outcome.TIMEOUT, Outcome.STORED),
        (Outcome.ROBOTS, Outcome.ROBOTS),
        (Outcome.OPTED_OUT, Outcome.OPTED_OUT),
        (Outcome.ADDRESS, Outcome.ADDRESS),
    ],
)
def test_a_refusal_of_the_crawl_holds_and_a_failure_does_not(outcome, then, tmp_path):
    store = make_store(tmp_path, [Found(b"x"), Found(b"", url=URL.format(0), outcome=outcome)])
    write_shard(tmp_path / "out", "webdataset", pictures(1))
    said = adopt(tmp_path / "out", store, recipe.load(str(store.recipe_path)))
    assert images(store)[URL.format(0)]["outcome"] == then
    assert (then == Outcome.STORED) or f"ended before 1 ({outcome} 1)" in str(said)


@pytest.mark.parametrize("by", ["url", "hash", "page", "served"])
def test_what_was_taken_down_stays_away(by, cars, tmp_path):
    store = Store(tmp_path / "store")
    store.create()
    page = "https://pages.example/1"
    _, rows = exported(tmp_path / "a", [Found(b"", url=URL.format(0), outcome=None)])
    assert page in rows[0]["findings"]
    named = {"url": URL.format(0), "page": page, "hash": sha(picture(0)), "served": "ab" * 32}[by]
    kind = "hash" if by == "served" else by
    taken = Takedown("2026-11-26T05:00:00Z", kind, key_of(kind, named), "", ())
    add_takedown(store, taken)
    again = {"original": (9, 9), "sha256": "ab" * 32} if by == "served" else {}
    first = Sent(URL.format(0), picture(0), findings=rows[0]["findings"], **again)
    write_shard(tmp_path / "out", "parquet", [first, *pictures(3)[1:]])
    adopt(tmp_path / "out", store, cars)
    assert sha(picture(0)) not in store.images()
    assert len(store.images()) == 2
    ledger = store.ledger_path().read_bytes()
    assert URL.format(0).encode() not in ledger
    assert disagreements(count(store)) == []


def test_a_picture_that_was_re_encoded_says_so(cars, tmp_path):
    sent = [Sent(URL.format(0), picture(0), original=(640, 480), sha256="cd" * 32)]
    write_shard(tmp_path / "out", "files", sent)
    store = Store(tmp_path / "store")
    assert "re-encoded by img2dataset: 1" in str(adopt(tmp_path / "out", store, cars))
    row = images(store)[URL.format(0)]
    assert row["sha256"] == sha(picture(0))
    assert "re-encoded by img2dataset" in row["detail"]
    assert "was 640 x 480" in row["detail"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bytes_with_another_hash_are_a_named_failure(layout, cars, tmp_path):
    sent = [Sent(URL.format(9), picture(9), sha256="cd" * 32), *pictures(2)]
    write_shard(tmp_path / "out", layout, sent)
    store = Store(tmp_path / "store")
    assert "stored 2, truncated 1" in str(adopt(tmp_path / "out", store, cars))
    assert "sha256 mismatch" in images(store)[URL.format(9)]["detail"]


def test_the_folder_of_one_shard(cars, tmp_path):
    for number in range(2):
        sent = [Sent(URL.format(10 * number + n), picture(10 * number + n)) for n in range(3)]
        write_shard(tmp_path / "all" / "out", "files", sent, number)
    store = Store(tmp_path / "store")
    adopt(tmp_path / "all" / "out" / "00001", store, cars)
    assert set(images(store)) == {URL.format(10 + n) for n in range(3)}
    said = str(
        adopt(tmp_path / "all", store, cars)
    )  # whole, from further up: the other shard is new
    assert "6 URLs that img2dataset was sent, in 2 shards: stored 3, ended before 3" in said
    shutil.copytree(tmp_path / "all" / "out" / "00000", tmp_path / "alone" / "00000")
    alone = Store(tmp_path / "other")
    adopted = adopt(tmp_path / "alone" / "00000", alone, cars)
    assert len(alone.images()) == 3
    assert len(adopted.wrong) == 1


def test_pictures_beside_are_adopted_too(cars, tmp_path):
    write_shard(tmp_path / "out", "files", pictures(2))
    (tmp_path / "out" / "cat").mkdir()
    (tmp_path / "out" / "cat" / "a.jpg").write_bytes(picture(8))
    (tmp_path / "out" / "00000" / "mine.jpg").write_bytes(picture(9))
    (tmp_path / "out" / "1999").mkdir()
    (tmp_path / "out" / "1999" / "b.jpg").write_bytes(picture(10))
    (tmp_path / "out" / "_tmp").mkdir()
    (tmp_path / "out" / "_tmp" / "0.feather").write_bytes(b"x")
    store = Store(tmp_path / "store")
    said = str(adopt(tmp_path / "out", store, cars))
    assert "2 URLs that img2dataset was sent" in said
    assert "3 images added" in said
    assert "not stored" not in said
    assert len(store.images()) == 5


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def test_a_tar_that_was_cut_off_keeps_what_is_whole(cars, tmp_path):
    write_shard(tmp_path / "out", "webdataset", pictures(10))
    whole = (tmp_path / "out" / "00000.tar").read_bytes()
    cut(tmp_path / "out" / "00000.tar", 0.5)
    store = Store(tmp_path / "store")
    adopted = adopt(tmp_path / "out", store, cars)
    (line,) = adopted.wrong
    assert "00000.tar is cut off or damaged after" in line
    kept = len(store.images())
    assert 3 <= kept <= 6
    assert f"stored {kept}, truncated {10 - kept}" in str(adopted)
    (tmp_path / "out" / "00000.tar").write_bytes(whole)
    assert adopt(tmp_path / "out", store, cars).wrong == []
    assert len(store.images()) == 10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_shard_in_which_img2dataset_was_killed_is_one_line(layout, cars, tmp_path):
    write_shard(tmp_path / "out", layout, pictures(4), 0)
    write_shard(tmp_path / "out", layout, [Sent(URL.format(n), picture(n)) for n in range(4, 8)], 1)
    (tmp_path / "out" / "00001_stats.json").unlink()
    (tmp_path / "out" / "00001.parquet").write_bytes(b"PAR1")  # its end is written at the end
    if layout == "webdataset":
        cut(tmp_path / "out" / "00001.tar", 0.6)
    store = Store(tmp_path / "store")
    adopted = adopt(tmp_path / "out", store, cars)
    (line,) = adopted.wrong
    assert "00001 is incomplete: img2dataset was stopped in it" in line
    assert len(store.images()) == {"files": 8, "parquet": 4}.get(layout, len(store.images()))
    assert len(store.images()) > 4 or layout == "parquet"
    assert doctor.examine(store) == []


def test_a_shard_whose_numbers_cannot_be_read_is_one_line(cars, tmp_path):
    write_shard(tmp_path / "out", "files", pictures(2))
    (tmp_path / "out" / "00000_stats.json").write_text("[]")
    (line,) = adopt(tmp_path / "out", Store(tmp_path / "store"), cars).wrong
    assert "there is no whole 00000_stats.json; took 2 rows" in line


def test_a_parquet_without_the_columns_is_one_line(cars, tmp_path, capsys):
    out = tmp_path / "out"
    write_shard(out, "files", pictures(2), 0)
    pq.write_table(pa.table({"a": [1]}), out / "00001.parquet")
    write_shard(out, "webdataset", [], 2)
    (out / "00002.tar").unlink()
    wrong = adopt(out, Store(tmp_path / "store"), cars).wrong
    assert len(wrong) == 2
    assert (
        "00001.parquet is none of img2dataset's: it has no column url and no column key" in wrong[0]
    )
    assert "00002.parquet has no column jpg, png, webp, and neither 00002.tar" in wrong[1]
    assert cli.main(["adopt", str(out), str(tmp_path / "store")]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_names_in_a_tar_are_no_paths(cars, tmp_path):
    write_shard(tmp_path / "out", "webdataset", pictures(1))
    row = {"url": URL.format(7), "key": "../../../stolen", "status": "success"}
    with tarfile.open(tmp_path / "out" / "00000.tar", "a") as tar:
        for name in ("../escaped.jpg", "/tmp/000000009.jpg", "../000000009.jpg"):
            member = tarfile.TarInfo(name)
            member.size = len(picture(3))
            tar.addfile(member, io.BytesIO(picture(3)))
        link = tarfile.TarInfo("000000005.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    (tmp_path / "stolen.jpg").write_bytes(picture(4))
    write_shard(tmp_path / "out", "files", [], 1)
    table = pq.read_table(tmp_path / "out" / "00001.parquet").to_pylist()
    table.append(row)
    pq.write_table(pa.Table.from_pylist(table), tmp_path / "out" / "00001.parquet")
    store = Store(tmp_path / "store")
    there = {path for path in tmp_path.rglob("*") if not path.is_relative_to(store.root)}
    adopt(tmp_path / "out", store, cars)
    after = {path for path in tmp_path.rglob("*") if not path.is_relative_to(store.root)}
    assert after == there
    assert list(store.images()) == [sha(picture(0))]
    assert images(store)[URL.format(7)]["outcome"] == Outcome.TRUNCATED


@pytest.mark.parametrize("text", ["[]", "{}", "[1]", "null", "x", '[{"engine": 1}]', "[" * 9999])
def test_findings_of_another_kind_are_counted(text, cars, tmp_path):
    write_shard(tmp_path / "out", "parquet", [Sent(URL.format(0), picture(0), findings=text)])
    store = Store(tmp_path / "store")
    said = str(adopt(tmp_path / "out", store, cars))
    assert "with findings that cannot be read: 1" in said
    assert json.loads(findings(store)[0][4]) == {"label": "out"}
    assert findings(store)[0][1] == "img2dataset"


def test_where_nothing_can_be_stored_the_line_says_why(cars, tmp_path):
    write_shard(tmp_path / "out", "files", [Sent(URL.format(0), None)])
    with pytest.raises(AdoptError, match=r"holds no image of a type that is stored: .* gone 1"):
        adopt(tmp_path / "out", Store(tmp_path / "store"), cars)
