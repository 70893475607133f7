import json
import os
import shutil
import subprocess

import pytest
from demo_client import fetch
from parsel import Selector

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium is installed")


def seen(url, folder):
    """The page as a browser has it once its script has run, and nobody has scrolled."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--disable-gpu", f"--user-data-dir={folder}", *sandbox]
    found = subprocess.run(
        [CHROMIUM, *options, "--virtual-time-budget=10000", "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Selector(found.stdout)


def test_results_appear_only_after_the_script_ran(hostile_web, tmp_path):
    url = f"{hostile_web.base}/browser/images?q=red+Ford+Ka"
    plain = Selector(fetch(url).text)
    assert plain.css("#results::attr(data-state)").get() == "loading"
    assert not plain.css("a.result")
    page = seen(url, tmp_path)
    api = json.loads(fetch(f"{hostile_web.base}/api/images?q=red+Ford+Ka").body)
    assert api["next"]
    assert page.css("#results::attr(data-state)").get() == "ready"
    assert page.css("a.result::attr(data-image)").getall() == [
        result["image"] for result in api["results"]
    ]


def test_a_query_that_finds_nothing_says_so(hostile_web, tmp_path):
    page = seen(f"{hostile_web.base}/browser/images?q=nothingme", tmp_path)
    assert page.css("#results::attr(data-state)").get() == "empty"


@pytest.mark.parametrize(("word", "sign"), [("blockme", "#captcha-form"), ("layoutme", "body")])
def test_a_page_may_be_another_one(hostile_web, word, sign):
    page = Selector(fetch(f"{hostile_web.base}/browser/images?q={word}").text)
    assert page.css(sign)
    assert not page.css("#results")
