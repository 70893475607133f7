"""The settings of a crawl that a -s NAME=VALUE may have made into something nothing works with."""

from importlib.util import find_spec
from pathlib import Path

from scrapy.settings import BaseSettings

from carscrape.addresses import private_networks
from carscrape.proxy import check_proxies
from carscrape.remote.urls import UrlError, check_url

_COUNTS = (
    "CONCURRENT_ITEMS",
    "CONCURRENT_REQUESTS_PER_DOMAIN",
    "DOWNLOAD_MAXSIZE",
    "DOWNLOAD_MIN_RATE",
    "IMAGE_MAX_PIXELS",
    "IMAGE_MAX_FRAMES",
    "IMAGE_MAX_METADATA",
)
_SECONDS = ("DOWNLOAD_TIMEOUT", "DOWNLOAD_RATE_GRACE", "RETRY_DELAY", "PATIENCE", "STOP_GRACE")
_KEEPS_PICKLES = ("JOBDIR", "HTTPCACHE_ENABLED")


def _check_metrics(settings: BaseSettings) -> None:
    path = settings["METRICS_FILE"]
    if path and not find_spec("prometheus_client"):
        raise ValueError("it needs pip install 'prometheus-client>=0.25,<1'")
    if path and not Path(path).absolute().parent.is_dir():
        raise ValueError(f"there is no folder {Path(path).absolute().parent}")


def _check_remote(settings: BaseSettings) -> None:
    url = settings["REMOTE_STORE"]
    if url:
        check_url(url)
    if url and not find_spec("fsspec"):
        raise ValueError("it needs pip install 'fsspec>=2026.6,<2027' and 's3fs>=2026.6,<2027'")


_CHECKS = {
    "ALLOW_PRIVATE_NETWORKS": private_networks,
    "HTTPPROXY_ENABLED": check_proxies,
    "METRICS_FILE": _check_metrics,
    "REMOTE_STORE": _check_remote,
}


def check_settings(settings: BaseSettings) -> None:
    """Check every setting of ours, and those of Scrapy's that a crawl depends on.

    Raises:
        ValueError: the text names the setting, what was expected, and what was given.
    """
    if not settings["STORE"]:
        raise ValueError("STORE: expected a folder, got nothing")
    for name in _KEEPS_PICKLES:
        if settings[name] not in (None, False, "", "0", "False"):
            raise ValueError(f"{name}: it reads pickles, which run code; leave it out")
    for name in settings:
        if str(name).startswith("PLAYWRIGHT_"):
            raise ValueError(f"{name}: it could browse past the guard; leave it out")
    for name, check in _CHECKS.items():
        try:
            check(settings)
        except (ValueError, UrlError) as error:
            raise ValueError(f"{name}: {error}") from None
    for names, read, least, wanted in (
        (_COUNTS, settings.getint, 1, "a whole number from 1"),
        (_SECONDS, settings.getfloat, 0, "seconds"),
        (("DOWNLOAD_DELAY",), settings.getfloat, 0.001, "seconds from 0.001"),
        (("BROWSER_TIMEOUT", "REMOTE_INTERVAL"), settings.getfloat, 1, "seconds from 1"),
    ):
        for name in names:
            try:
                fine = read(name) >= least
            except ValueError:
                fine = False
            if not fine:
                raise ValueError(f"{name}: expected {wanted}, got {settings[name]!r}")
