"""The settings of a crawl that a -s NAME=VALUE may have made into something nothing works with."""

import logging
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

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
    folder = settings["METRICS_FOLDER"]
    if folder and not find_spec("prometheus_client"):
        raise ValueError("it needs pip install 'prometheus-client>=0.25,<1'")
    if folder and not Path(folder).is_dir():
        raise ValueError(f"there is no folder {Path(folder).absolute()}")


def _check_remote(settings: BaseSettings) -> None:
    url = settings["REMOTE_STORE"]
    if url:
        check_url(url)
    if url and not find_spec("fsspec"):
        raise ValueError("it needs pip install 'fsspec>=2026.6,<2027' and 's3fs>=2026.6,<2027'")


def names_store(settings: BaseSettings) -> bool:
    """Whether somebody named the store, as a setting or in the environment; else it is ./store."""
    given = (settings.getpriority("STORE") or 0) > SETTINGS_PRIORITIES["project"]
    return given or "CARSCRAPE_STORE" in os.environ


def _check_level(settings: BaseSettings) -> None:
    level = settings["LOG_LEVEL"]
    if level not in logging.getLevelNamesMapping():
        raise ValueError(f"expected DEBUG, INFO, WARNING, ERROR or CRITICAL, got {level!r}")


def _check_log_file(settings: BaseSettings) -> None:
    path = settings["LOG_FILE"]
    try:
        if path:
            Path(path).open("a", encoding=settings["LOG_ENCODING"]).close()
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    except LookupError as error:
        raise ValueError(str(error)) from None


def _truth_of(name: str) -> Callable[[BaseSettings], None]:
    def check(settings: BaseSettings) -> None:
        try:
            settings.getbool(name)
        except ValueError:
            raise ValueError(f"expected True or False, got {settings[name]!r}") from None

    return check


_LOG_CHECKS: dict[str, tuple[Callable[[BaseSettings], None], object]] = {
    "LOG_FILE": (_check_log_file, None),
    "LOG_LEVEL": (_check_level, "WARNING"),
    "LOG_ENABLED": (_truth_of("LOG_ENABLED"), True),
    "LOG_JSON": (_truth_of("LOG_JSON"), False),
    "LOG_FILE_APPEND": (_truth_of("LOG_FILE_APPEND"), True),
    "LOG_STDOUT": (_truth_of("LOG_STDOUT"), False),
}
"""For each setting of the log its check, and what it is where nobody can mean what was given."""


def mend_log_settings(settings: BaseSettings) -> list[str]:
    """What is wrong with the settings of the log, a line each; these get values that can be used.

    Apart from the others, because the log is open before they are checked.
    """
    wrong = []
    for name, (check, instead) in _LOG_CHECKS.items():
        try:
            check(settings)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
            settings.set(name, instead, "cmdline")
    return wrong


_CHECKS = {
    "ALLOW_PRIVATE_NETWORKS": private_networks,
    "HTTPPROXY_ENABLED": check_proxies,
    "METRICS_FOLDER": _check_metrics,
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
