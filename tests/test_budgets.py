"""What one answer may cost, shown by whole crawls of a web without measure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import HtmlResponse, TextResponse

from carscrape.engines.bing import Bing
from carscrape.engines.demo import Demo
from carscrape.items import PageVerdict
from carscrape.numbers import read_count
from carscrape.pages import MAX_BYTES, MOST_RESULTS
from tests.crawling import crawl, recipe, rows
from tests.wire import Running, running

CAP = 2**20
TIMEOUT = 20  # seconds
SMALL = (
    f"DOWNLOAD_MAXSIZE={CAP}",
    *("DOWNLOAD_RATE_GRACE=1", "DOWNLOAD_MIN_RATE=2500", f"DOWNLOAD_TIMEOUT={TIMEOUT}"),
)
BOMBS = ("bomb_gzip", "bomb_deflate", "bomb_br", "bomb_zstd")
MEMORY = 32 * 2**20  # what a crawl may need above its cap


@pytest.fixture(scope="module")
def web() -> Iterator[Running]:
    with running("slow_web") as web:
        yield web


def ended(folder: Path, web: Running, *queries: str, **more: Any) -> dict[str, str]:
    """Crawl the queries; path of each image -> how it ended."""
    folder.mkdir(exist_ok=True)
    words = recipe(folder, *queries)
    more.setdefault("settings", SMALL)
    _, output = crawl("image_search", folder / "s", words, web.argument, **more)
    assert "Traceback" not in output
    assert "Warning" not in output
    found = rows(folder / "s", "select url, outcome from image where tries > 0")
    return {url.split("/", 3)[3]: outcome for url, outcome in found}


def verdicts(folder: Path) -> dict[str, str]:
    """Query -> verdict of its page."""
    sql = "select text, verdict from page join query on query.id = page.query"
    return dict(rows(folder / "s", sql))


# --- time


@pytest.mark.accepts("B01")
def test_what_drips_or_stops_is_cut_off_and_others_go_on(tmp_path: Path, web: Running) -> None:
    slow = ("head_drip", "body_drip", "chunk_drip", "silent", "stops")
    before = len(web.record())
    ends = ended(tmp_path, web, " ".join((*slow, "breaks_off", "steady", "fine")))
    assert ends == {
        **dict.fromkeys(slow, "timeout"),
        "breaks_off": "truncated",
        "steady": "stored",
        "fine": "stored",
    }
    asked = [ask for ask in web.record()[before:] if ask.path[1:] in ends]
    first = {ask.path[1:]: ask for ask in reversed(asked)}
    last_cut = max(first[path].ended for path in slow)
    assert first["steady"].at < last_cut
    assert first["fine"].at < last_cut
    assert all(ask.ended for ask in asked), "a connection was left open"
    assert all(ask.ended - ask.at < TIMEOUT for ask in asked if ask.path[1:] in slow)


@pytest.mark.accepts("B01")
def test_the_total_time_is_limited_too(tmp_path: Path, web: Running) -> None:
    settings = ("DOWNLOAD_TIMEOUT=1", "DOWNLOAD_RATE_GRACE=600")
    assert ended(tmp_path, web, "steady fine", settings=settings) == {
        "steady": "timeout",
        "fine": "stored",
    }


# --- bytes


@pytest.mark.accepts("B02")
def test_no_body_is_read_past_the_cap(tmp_path: Path, web: Running) -> None:
    counts = tmp_path / "received"
    large = ("ten_gigabytes", "endless", "endless_chunked", "endless_head")
    before = len(web.record())
    query = " ".join((*large, "breaks_off", "longer"))
    ends = ended(tmp_path, web, query, faults=(f"received={counts}",))
    assert ends == {
        **dict.fromkeys(large, "too_large"),
        "breaks_off": "truncated",
        "longer": "connection",  # it goes on after the end it stated
    }
    received = {url.rpartition("/")[2]: n for url, n in json.loads(counts.read_text()).items()}
    assert "ten_gigabytes" not in received  # its length was enough
    assert CAP < received["endless"] <= CAP + 2**16
    assert CAP < received["endless_chunked"] <= CAP + 2**16
    asked = [ask for ask in web.record()[before:] if ask.path[1:] in large]
    assert len(asked) == len(large)
    assert all(ask.ended for ask in asked), "a connection was left open"


@pytest.mark.accepts("B02", "B03")
@pytest.mark.parametrize("cap", [CAP, 25 * 2**20])
def test_bombs_stay_within_the_memory_of_their_cap(tmp_path: Path, web: Running, cap: int) -> None:
    settings = (*SMALL, f"DOWNLOAD_MAXSIZE={cap}")
    quiet, bombed = tmp_path / "quiet", tmp_path / "bombed"
    ended(tmp_path / "q", web, "fine", settings=settings, faults=(f"peak={quiet}",))
    bombs = (*BOMBS, "nested", "quine", "endless_head")
    query = " ".join((*bombs, "moved_bomb", "gone_bomb", "fine"))
    ends = ended(
        tmp_path / "b", web, query, "robots", settings=settings, faults=(f"peak={bombed}",)
    )
    assert ends == {
        **dict.fromkeys(bombs, "too_large"),
        "moved_bomb": "stored",
        "gone_bomb": "gone",
        "fine": "stored",
    }
    assert int(bombed.read_text()) - int(quiet.read_text()) < cap + MEMORY


@pytest.mark.accepts("B03", "B09")
def test_bombs_in_robots_txt_and_in_pages(tmp_path: Path, web: Running) -> None:
    quiet, bombed = tmp_path / "quiet", tmp_path / "bombed"
    ended(tmp_path / "q", web, "fine", faults=(f"peak={quiet}",))
    pages = tuple(f"page {bomb.replace('_', ' ')}" for bomb in (*BOMBS, "nested"))
    ends = ended(tmp_path / "b", web, "robots", "fine", *pages, faults=(f"peak={bombed}",))
    # One of the two hosts has an endless robots.txt, which says nothing; the other has none.
    assert ends == {"fine": "stored"}
    stored = rows(tmp_path / "b" / "s", "select count(*) from image where outcome = 'stored'")
    assert stored == [(3,)]
    said = verdicts(tmp_path / "b")
    assert {said[page] for page in pages} == {"too_large"}
    assert int(bombed.read_text()) - int(quiet.read_text()) < MAX_BYTES + MEMORY


# --- redirects


@pytest.mark.accepts("B08")
def test_redirects_end_after_five_hops(tmp_path: Path, web: Running) -> None:
    before = len(web.record())
    ends = ended(tmp_path, web, "loop long_way short_way to_and_fro refresh")
    assert ends == {
        **dict.fromkeys(("loop", "long_way", "to_and_fro"), "redirects"),
        "short_way": "stored",
        "refresh": "not_an_image",
    }
    paths = [ask.path.partition("?")[0] for ask in web.record()[before:]]
    for path in ("/loop", "/long_way", "/short_way", "/to_and_fro"):
        assert paths.count(path) == 6, path
    assert "/never" not in paths


@pytest.mark.accepts("B08")
def test_a_page_follows_no_redirect_and_no_refresh(tmp_path: Path, web: Running) -> None:
    before = len(web.record())
    ended(tmp_path, web, "page loop", "page refresh", "fine")
    assert verdicts(tmp_path) == {
        "page loop": "failed",
        "page refresh": "layout_unknown",
        "fine": "results",
    }
    paths = [ask.path for ask in web.record()[before:]]
    assert "/never" not in paths
    assert sum("page+loop" in path for path in paths) == 3  # its tries


# --- pages


@pytest.mark.accepts("B09")
def test_pages_without_measure_have_a_verdict(tmp_path: Path, web: Running) -> None:
    counts = tmp_path / "received"
    ended(
        tmp_path,
        web,
        *("fine", "page of 200 MB", "page endless chunked", "page deep", "page full"),
        faults=(f"received={counts}",),
        settings=SMALL[1:],
    )
    assert verdicts(tmp_path) == {
        "fine": "results",
        "page of 200 MB": "too_large",
        "page endless chunked": "too_large",
        "page deep": "layout_unknown",
        "page full": "results",
    }
    assert max(json.loads(counts.read_text()).values()) <= MAX_BYTES + 2**16
    evidence = list((tmp_path / "s" / "evidence").iterdir())
    assert [path.stat().st_size for path in evidence] == [500_000]  # the deep one


_LINK = b'<a class=iusc m=\'{"murl":"http://x/1"}\'></a>'
_FULL = MAX_BYTES - 100
HOSTILE: dict[str, tuple[bytes, PageVerdict]] = {
    "deep": (b"<div>" * (_FULL // 5), PageVerdict.LAYOUT_UNKNOWN),
    "wide": (b"<p>" * (_FULL // 3), PageVerdict.LAYOUT_UNKNOWN),
    "empty results": (b'<a class=iusc m="{}"></a>' * (_FULL // 25), PageVerdict.LAYOUT_UNKNOWN),
    "results": (_LINK * (_FULL // len(_LINK)), PageVerdict.RESULTS),
    "siblings": (_LINK * 1000 + b"<div><span class=nowrap>" * 200_000, PageVerdict.RESULTS),
    "digits": (
        _LINK + b"<div><span class=nowrap>" + b"1" * (_FULL // 2) + b"</span></div>" + _LINK,
        PageVerdict.RESULTS,
    ),
    "blanks": (
        (_LINK + b"<div><span class=nowrap>1" + b" " * 5000 + b"</span></div>") * 900,
        PageVerdict.RESULTS,
    ),
    "notice": (b"<div id=sp_requery>" + b"x" * _FULL, PageVerdict.LAYOUT_UNKNOWN),
    "grids": (_LINK + b"<i class=dgControl>" * (_FULL // 20), PageVerdict.RESULTS),
    "attributes": (
        b"<a " + b"".join(b"a%d=1 " % n for n in range(400_000)),
        PageVerdict.LAYOUT_UNKNOWN,
    ),
    "comments": (_LINK + b"<!-- c -->" + _LINK + b"<?pi x>" + _LINK, PageVerdict.RESULTS),
    "record": (
        b"<a class=iusc m='" + b"[" * (_FULL // 2) + b"'></a>" + _LINK,
        PageVerdict.RESULTS,
    ),
}


@pytest.mark.accepts("B09")
@pytest.mark.parametrize("case", HOSTILE)
def test_bing_reads_a_hostile_page_to_its_end(case: str) -> None:
    body, verdict = HOSTILE[case]
    page = Bing().parse_images(HtmlResponse("https://www.bing.com/", body=body, encoding="utf-8"))
    assert page.verdict == verdict
    assert len(page.results) <= MOST_RESULTS


@pytest.mark.accepts("B09")
@pytest.mark.parametrize(
    "piece", [b"1 ", b"1,", b"1-", b"1", b"(", b"((1)", b"Page 1 ", b"1 mil ", "1億".encode()]
)
def test_a_count_without_end_is_read(piece: bytes) -> None:
    body = b"<span class=sb_count>" + piece * (_FULL // len(piece))
    page = Bing().parse_hits(HtmlResponse("https://www.bing.com/", body=body, encoding="utf-8"))
    assert page.verdict in (PageVerdict.RESULTS, PageVerdict.LAYOUT_UNKNOWN)
    assert len(page.raw) <= 2000
    read_count((piece * (_FULL // len(piece))).decode())


@pytest.mark.accepts("B09")
@pytest.mark.parametrize(
    "body", [b"[" * _FULL, b'{"results":' * 400_000, b"9" * _FULL, b'{"results":[' + b"0," * 10**6]
)
def test_json_that_is_no_page_is_read(body: bytes) -> None:
    page = Demo().parse_images(TextResponse("http://127.0.0.1/?q=a", body=body, encoding="utf-8"))
    assert page.verdict == PageVerdict.LAYOUT_UNKNOWN


@pytest.mark.accepts("B09")
def test_a_page_over_the_limit_is_too_large() -> None:
    body = b" " * (MAX_BYTES + 1)
    page = Bing().parse_images(HtmlResponse("https://www.bing.com/", body=body, encoding="utf-8"))
    assert page.verdict == PageVerdict.TOO_LARGE
