"""Pages of the largest size that cost a careless reader hours: each is read to its end."""

import pytest
from scrapy.http import HtmlResponse

from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict
from carscrape.pages import MAX_BYTES, MOST_RESULTS

FULL = MAX_BYTES - 2000
RECORD = (
    b'[0,"abcdefgh%06d",["https://t.x/1",1,1],["https://a.x/1",1,1],null,'
    b'{"2003":[null,"d","https://p.x","t"]}],'
)
DEEP = 240  # as deep as the parser goes


def filled(piece: bytes, before: bytes = b"") -> bytes:
    return before + piece * ((FULL - len(before)) // len(piece))


GOOGLE = {
    "records": b"<script>" + b"".join(RECORD % n for n in range(FULL // len(RECORD % 0))),
    "records without end": filled(b'[0,"abcdefgh",["https://', b"<script>"),
    "long strings": filled(b'[0,"abcdefgh",["https://' + b"a" * 20_000, b"<script>"),
    "backslashes": filled(b"\\"),
    "a string": filled(b"\\u003c", b"{"),
    "tiles": filled(b"<i data-docid=a data-lpage=x></i>"),
    "tiles and links": filled(b'<i data-docid=a data-lpage=x></i><a href="/imgres?a">'),
    "nested tiles": filled(b"<i></i>", b"<div data-docid=a data-lpage=x>" * DEEP),
    "a long link": b'<a href="/imgres?' + filled(b"a=b&") + b'">',
    "nested parts": filled(b"<h3></h3>", b"<div id=search>" * DEEP),
    "walls": filled(b"<form action=/sorry></form><div class=g-recaptcha></div>"),
    "notice": filled(b"<i>x</i>", b"<div id=topstuff>"),
}
YANDEX = {
    "items": filled(b"<li class=serp-item>", b"<ul class=serp-list>"),
    "nested lists": filled(b"<li class=serp-item></li>", b"<div id=search-result>" * DEEP),
    "scripts": filled(b'innerHTML="', b"<script>"),
    "a title": filled("Яндекс: ".encode(), b"<title>"),
    "titles": filled(b'innerHTML="' + "Яндекс:".encode() * 140 + b'"', b"<script>"),
}
BING = {
    "grids": filled(b"<i class=dgControl></i><i class=dg_b></i>"),
    "nested lists": filled(b"<li class=b_no></li>", b"<div id=b_results>" * DEEP),
    "both": filled(b"<li class=b_no></li><li class=b_algo></li>", b"<ol id=b_results>"),
}
CASES = [
    pytest.param(engine, body, id=f"{engine}-{case}")
    for engine, cases in {"google": GOOGLE, "yandex": YANDEX, "bing": BING}.items()
    for case, body in cases.items()
]


@pytest.mark.accepts("B09")
@pytest.mark.parametrize(("name", "body"), CASES)
def test_a_hostile_page_is_read_to_its_end(name: str, body: bytes) -> None:
    engine = load_engine(name)
    response = HtmlResponse(engine.home, body=body, encoding="utf-8")
    if engine.finds_images:
        page = engine.parse_images(response)
        assert page.verdict not in (PageVerdict.TOO_LARGE, PageVerdict.FAILED)
        assert len(page.results) <= MOST_RESULTS
    hits = engine.parse_hits(response)
    assert hits.verdict not in (PageVerdict.TOO_LARGE, PageVerdict.FAILED)
    assert len(hits.raw) <= 2000
