"""Strangers' text in the report stays text, and nothing is loaded when it is opened."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from judged import judge
from reported import change, read, small_store
from stores import Found, make_store, picture, sha
from test_hits import MUSTANG, with_hits

from carscrape.items import Outcome
from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.report import write_report
from postprocess.report.page import link, shown
from postprocess.review.answers import Answer, Mark, add, prepare
from postprocess.review.population import read_population
from tests.browsing import needs_chromium

EVIL = "<script>alert(1)</script>"
IMAGE = '"><img src=https://evil.example/x onerror=alert(2)>'
TURNED = "\u202egpj.exe"


def evil_store(tmp_path: Path) -> Store:
    """Every text in it that a page shows is an attack, as far as a stranger could write it."""
    evil = {"color": EVIL, "make": IMAGE, "model": TURNED}
    found = [Found(picture(n), attributes=evil, engine=IMAGE) for n in range(5)]
    found.append(Found(b"", evil, IMAGE, "javascript:alert(3)", Outcome.NOT_AN_IMAGE))
    store = make_store(tmp_path, found)
    change(store, "update result set title = ?, page_url = 'javascript:alert(1)'", EVIL + TURNED)
    change(store, "update query set text = ?", EVIL)
    change(store, "update page set detail = ?", IMAGE)
    change(store, "update image set detail = ? where outcome = 'not_an_image'", IMAGE + TURNED)
    change(
        store, "insert into page (engine, query, number, verdict) values (?, 'q', 0, ?)", EVIL, EVIL
    )
    judge(store, rejected={sha(picture(0)): ("verify", "too_small")})
    with closing(Ledger(store.ledger_path())) as ledger:
        run = ledger.start_run("image_search", {"makes": EVIL}, {"scrapy": "2"})
        ledger.end_run(run, EVIL, 1)
    prepare(store)
    for image, about in read_population(store).about.items():
        add(store, Answer(image, about, Mark.WRONG))
    return with_hits(store, [("bing", evil, EVIL, 3)])


@pytest.mark.accepts("H02")
def test_strangers_text_is_shown_as_text(tmp_path):
    page = read(evil_store(tmp_path))
    for text in (EVIL, IMAGE, "javascript:alert(1)", "javascript:alert(3)"):
        assert text in page.words
    assert IMAGE in page.rows("Addresses that gave no image")["not an image"][0]
    assert "\u202e" not in page.text
    assert not {"script", "iframe", "object", "embed", "form", "base", "svg"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("data:image/") for value in page.values("src"))


@pytest.mark.accepts("H02")
def test_nothing_is_loaded_and_links_tell_nothing(tmp_path):
    page = read(with_hits(small_store(tmp_path), [("bing", MUSTANG, "car", 3)]))
    loaded = page.values("src", "srcset", "poster", "background", "data", "action", "xlink:href")
    assert loaded
    assert all(value.startswith("data:image/") for value in loaded)
    hrefs = [value for tag, name, value in page.attributes if name == "href"]
    assert all(re.match(r"https?://|#", value) for value in hrefs)
    outward = [value for value in hrefs if not value.startswith("#")]
    assert page.values("rel") == ["noreferrer noopener nofollow"] * len(outward) != []
    assert "link" not in page.tags
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert not re.search(r"url\(|@import", (write_report(small_store(tmp_path))).read_text())


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "javascript://a.example/%0aalert(1)",
        "ftp://a.example/x",
        "data:text/html,x",
        "https:/no-host",
        "http://[",
        "https://a.example/\u202e",
        "https://a.example/\n",
        "adopt:///x.jpg",
        "",
    ],
)
def test_only_plain_web_addresses_become_links(url):
    assert link(url) == ""
    assert link("https://a.example/x?y=1&z") == "https://a.example/x?y=1&z"


def test_unseen_characters_are_seen():
    assert shown("a\0b\x1b\u202ec\ud800\n") == "a\ufffdb\ufffd\ufffdc\ufffd\ufffd"
    assert shown("Škoda 车 نما\u200cها 👩‍🔧") == "Škoda 车 نما\u200cها 👩‍🔧"


@needs_chromium
@pytest.mark.accepts("H02")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_opened_in_a_browser_it_runs_nothing_and_asks_nobody(tmp_path, tab, width, scheme):
    path = write_report(evil_store(tmp_path))
    page = tab(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}
    assert said == []
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert page.evaluate("document.images.length") > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    red, *_ = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)")
    assert (int(red) < 128) == (scheme == "dark")
