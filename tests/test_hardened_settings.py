"""Every setting that makes the crawl hard to attack, and the parts a real crawl is made of."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.misc import load_object
from scrapy.utils.project import get_project_settings

from carscrape.guard import Guard
from carscrape.handler import Handler
from carscrape.robots import Robots
from tests.crawling import DemoWeb, crawl, recipe

pytestmark = pytest.mark.accepts("I08")

HARDENED: dict[str, tuple[Any, str]] = {
    "TELNETCONSOLE_ENABLED": (False, "a port that runs code"),
    "REMOTE_CONTROL_ENABLED": (False, "a port that runs code"),
    "JOBDIR": (None, "reads pickles, which run code"),
    "HTTPCACHE_ENABLED": (False, "reads pickles, which run code"),
    "HTTPPROXY_ENABLED": (False, "a proxy resolves names past the guard"),
    "COOKIES_ENABLED": (False, "a host could follow us, and get the cookies of another"),
    "HTTPAUTH_USER": ("", "a password is for nobody we meet by chance"),
    "REFERRER_POLICY": ("no-referrer", "tells an image host the query"),
    "METAREFRESH_ENABLED": (False, "a page of results would choose where we go"),
    "DOWNLOAD_VERIFY_CERTIFICATES": (True, "anybody on the way could answer"),
    "DOWNLOAD_FAIL_ON_DATALOSS": (True, "half an image would be stored"),
    "ROBOTSTXT_OBEY": (True, "asked not to, we do not"),
    "RETRY_ENABLED": (False, "tries that no ledger knows of"),
}
AT_MOST: dict[str, tuple[float, str]] = {
    "DOWNLOAD_MAXSIZE": (25 * 2**20, "bytes in memory for each open download"),
    "DOWNLOAD_TIMEOUT": (30, "seconds a host can hold a download"),
    "REDIRECT_MAX_TIMES": (5, "requests for one URL"),
    "IMAGE_MAX_PIXELS": (40_000_000, "memory of whoever decodes it"),
    "CONCURRENT_REQUESTS_PER_DOMAIN": (2, "load on a stranger's host"),
    "CONCURRENT_ITEMS": (64, "images open at once"),
}
STOCK_PARTS = {
    "CoreStats",
    "DefaultHeadersMiddleware",
    "DepthMiddleware",
    "DownloaderStats",
    "DownloadTimeoutMiddleware",
    "HttpErrorMiddleware",
    "LogCount",
    "MetaCopyDetectionMiddleware",
    "RedirectMiddleware",
    "RefererMiddleware",  # sends none: REFERRER_POLICY
    "StartSpiderMiddleware",
    "UrlLengthMiddleware",
    "UserAgentMiddleware",
}
"""Scrapy's parts that were looked at. One that it brings along some day is not among them."""


@pytest.fixture(scope="module", params=["image_search", "hitcounts"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """What a crawl of this spider runs with when nobody sets anything."""
    project = get_project_settings()
    get_spider_loader(project).load(request.param).update_settings(project)
    return project


@pytest.mark.parametrize("name", HARDENED)
def test_a_hardened_setting_stays_so(settings: Settings, name: str) -> None:
    value, reason = HARDENED[name]
    assert settings[name] == value, reason


@pytest.mark.parametrize("name", AT_MOST)
def test_a_limit_is_not_raised(settings: Settings, name: str) -> None:
    most, reason = AT_MOST[name]
    assert 0 < settings.getfloat(name) <= most, reason


def test_there_is_a_gap_between_requests(settings: Settings) -> None:
    """With none, Scrapy 2.19 does not keep the limit per host either."""
    assert settings.getfloat("DOWNLOAD_DELAY") > 0


def test_nothing_but_the_web_can_be_asked(settings: Settings) -> None:
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme for scheme, handler in handlers.items() if handler} == {"http", "https"}


def test_names_are_resolved_by_the_guard_alone(settings: Settings) -> None:
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {load_object(handlers[scheme]) for scheme in ("http", "https")} == {Handler}
    order = settings.getwithbase("DOWNLOADER_MIDDLEWARES")
    places = {load_object(part): place for part, place in order.items() if place is not None}
    assert places[Guard] < places[Robots] < 100  # before all of Scrapy's own


@pytest.mark.parametrize("spider", ["image_search", "hitcounts"])
def test_a_real_crawl_is_made_of_parts_that_were_looked_at(
    tmp_path: Path, demo_web: DemoWeb, spider: str
) -> None:
    words = [recipe(tmp_path, "red ford")] if spider == "image_search" else ["engines=demo"]
    asked = (*words, "limit=1", f"demo_port={demo_web(faults='none').port}")
    _, output = crawl(spider, tmp_path / "s", *asked, settings=("LOG_LEVEL=INFO",))
    lists = re.findall(r"INFO Enabled (.+):\\n(\[.*?\])", output)
    kinds = {"addons", "extensions", "item pipelines"}
    assert {kind for kind, _ in lists} == kinds | {"downloader middlewares", "spider middlewares"}
    parts = [part for _, names in lists for part in ast.literal_eval(names.replace("\\n", ""))]
    stock = {part.rpartition(".")[2] for part in parts if not part.startswith("carscrape.")}
    assert stock <= STOCK_PARTS, stock - STOCK_PARTS
