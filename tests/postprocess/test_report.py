"""The report: what is on it, and that strangers' text stays text."""

import re
import shutil
import sqlite3
import subprocess
from base64 import b64decode
from contextlib import closing
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pytest
from judged import judge
from PIL import Image
from stores import BLUE, Found, make_store, picture, sha
from test_hits import MUSTANG, with_hits
from test_verify_looks import encoded, not_available

from carscrape.items import Outcome, PageVerdict
from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.funnel import count
from postprocess.pipeline import build, run
from postprocess.report import wording, write_report
from postprocess.report.page import link, shown
from postprocess.report.steps import steps
from postprocess.stages.verify import Verify
from postprocess.thumbnails import thumbnails
from postprocess.verdicts import Generation, Verdicts

EVIL = "<script>alert(1)</script>"
TURNED = "\u202egpj.exe"


class Page(HTMLParser):
    """Elements, addresses and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        self._in_style = tag == "style"

    def handle_data(self, data):
        if not self._in_style:
            self.text += data
        self._in_style = False

    def values(self, *names: str) -> list[str]:
        return [value for _, name, value in self.attributes if name in names]

    @property
    def words(self) -> str:
        return " ".join(self.text.replace("\xa0", " ").split())


def read(store: Store) -> Page:
    return Page(write_report(store).read_text(encoding="utf-8"))


def small_store(tmp_path) -> Store:
    """Seven URLs: five images (one under two URLs), one gone, one waiting."""
    contents = [picture(n) for n in range(5)]
    found = [
        *(Found(content) for content in contents[:4]),
        Found(contents[4], attributes=BLUE),
        Found(contents[0], url="https://images.example/again"),
        Found(b"gone", outcome=Outcome.GONE),
        Found(b"waiting", outcome=None),
    ]
    store = make_store(tmp_path, found)
    judge(store, rejected={sha(contents[1]): ("verify", "too_small")})
    return store


def change(store: Store, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute(sql, values)


def test_says_how_much_was_kept_and_why_the_rest_went(tmp_path):
    page = read(small_store(tmp_path))
    assert "4 of 8 images kept, 50 %" in page.words
    for loss in ("1 gone", "1 not asked yet", "1 same bytes", "1 too small"):
        assert loss in page.words
    assert "The host says the picture is not there: 404 or 410." in page.words
    assert "red ford mustang" in page.words
    assert sum(value.startswith("data:image/jpeg") for value in page.values("src")) == 5


@pytest.mark.accepts("C06")
def test_what_verify_rejects_for_its_looks_can_be_looked_at(tmp_path):
    bad = {
        "too small": Image.new("RGB", (1, 1)),
        "odd shape": Image.effect_noise((2000, 60), 90),
        "single colour": Image.new("RGB", (200, 150), "white"),
        "placeholder": not_available((238, 238, 238)),
    }
    store = make_store(tmp_path, [encoded(image) for image in bad.values()])
    run(store, [Verify()])
    page = read(store)
    assert "0 of 4 images kept" in page.words
    for name in bad:
        assert f"1 {name}" in page.words
    assert sum(value.startswith("data:image/jpeg") for value in page.values("src")) == len(bad)


def test_every_step_and_its_losses_are_the_step_before(tmp_path):
    funnel = count(small_store(tmp_path))
    rows = steps(funnel)
    for before, after in pairwise(rows):
        assert after.count + after.lost == before.count
    assert rows[0].count == funnel.results
    assert rows[-1].count == funnel.kept


def test_strangers_text_is_shown_as_text(tmp_path):
    evil = {"color": EVIL, "make": '"><img src=x onerror=alert(1)>', "model": TURNED}
    store = make_store(tmp_path, [Found(picture(n), attributes=evil) for n in range(3)])
    change(store, "update result set title = ?, page_url = 'javascript:alert(1)'", EVIL + TURNED)
    change(store, "update query set text = ?", EVIL)
    judge(store)
    with closing(Ledger(store.ledger_path())) as ledger:
        run = ledger.start_run("image_search", {"makes": EVIL}, {"scrapy": "2"})
        ledger.end_run(run, EVIL, 1)
    page = read(with_hits(store, [("bing", evil, EVIL, 3)]))
    assert EVIL in page.words
    assert "javascript:alert(1)" in page.words
    assert "\u202e" not in page.text
    assert not {"script", "iframe", "object", "embed", "form", "base", "svg"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]


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


def test_an_empty_store_says_what_to_do(tmp_path):
    page = read(make_store(tmp_path, []))
    assert "Nothing found yet" in page.words
    assert "scrapy crawl image_search -s STORE=" in page.words


def test_a_store_nobody_judged_says_what_to_do(tmp_path):
    page = read(make_store(tmp_path, [picture(1), picture(2)]))
    assert "2 images downloaded, none judged yet" in page.words
    assert "python -m postprocess run" in page.words
    assert "(no label yet)" in page.words


def test_a_skipped_stage_and_the_demo_model_are_named(tmp_path):
    store = small_store(tmp_path)
    verdicts = Verdicts(store)
    subject = {"stage": "subject", "version": 1, "backbone": "demo"}
    skipped = Generation("subject", "", subject, ("ok",), skipped="no weights: see --weights")
    verdicts.set_current([*verdicts.current(), skipped])
    page = read(store)
    assert "subject was skipped: no weights: see --weights" in page.words
    assert "used the demo's model, trained on drawn pictures" in page.words
    assert "demo model" in page.words


def test_blocked_and_unreadable_pages_are_warned_of(tmp_path):
    store = small_store(tmp_path)
    change(store, "update page set verdict = ?", PageVerdict.LAYOUT_UNKNOWN)
    assert "bing: 2 result pages of unknown layout" in read(store).words


def test_the_latest_run_comes_first_and_one_that_was_killed_is_named(tmp_path):
    store = small_store(tmp_path)
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.end_run(ledger.start_run("image_search", {"makes": "ford"}, {}), "finished", 0)
        ledger.start_run("image_search", {"makes": "fiat"}, {})
    words = read(store).words
    assert "The last run of image_search has not ended" in words
    assert words.index("makes=fiat") < words.index("makes=ford")


def test_the_same_store_shows_the_same_images(tmp_path):
    store = small_store(tmp_path)
    assert read(store).values("src") == read(store).values("src")


def test_long_lists_are_folded(tmp_path):
    found = [Found(picture(n), {"color": f"c{n}", "make": "m", "model": "n"}) for n in range(30)]
    store = make_store(tmp_path, found)
    judge(store)
    words = read(store).words
    assert "Labels with the fewest images" in words
    assert "All 30 labels" in words


def test_thumbnails_are_small_and_bare_and_broken_pictures_are_absent(tmp_path):
    large = Image.new("RGB", (900, 300), "red")
    large.save(tmp_path / "large.jpg", comment=b"secret", exif=b"Exif\0\0secret")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    drawn = thumbnails({path.stem: path for path in tmp_path.iterdir()})
    assert list(drawn) == ["large"]
    assert len(drawn["large"]) < 2000
    assert b"secret" not in b64decode(drawn["large"].partition(",")[2])


def test_a_thumbnail_of_sixteen_bits_is_not_white(tmp_path):
    path = tmp_path / "x.png"
    Image.new("I;16", (64, 64), 0x8000).save(path)
    (uri,) = thumbnails({"x": path}).values()
    with Image.open(BytesIO(b64decode(uri.partition(",")[2]))) as drawn:
        assert drawn.getpixel((30, 30)) == (128, 128, 128)


def test_every_outcome_verdict_and_reason_is_explained():
    assert set(wording.OUTCOMES) == set(Outcome)
    assert set(PageVerdict) <= set(wording.PAGES)


def test_every_stage_and_its_reasons_are_explained(tmp_path):
    from carscrape import recipe

    for stage in build(recipe.load("cars"), "demo"):
        assert stage.name in wording.STAGES
        assert set(stage.reasons) - {"ok"} <= set(wording.REASONS)


def test_opens_in_a_browser(tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no Chromium or Chrome on this machine")
    path = write_report(with_hits(small_store(tmp_path), [("bing", MUSTANG, "car", 3)]))
    shot = tmp_path / "shot.png"
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    switches += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    switches += [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}"]
    subprocess.run([browser, *switches, path.as_uri()], check=True, capture_output=True)
    with Image.open(shot) as image:
        assert len(image.convert("RGB").getcolors(1 << 24)) > 50  # a blank page has one
