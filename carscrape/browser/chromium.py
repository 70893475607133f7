"""Which Chromium browses, and how it is started. Playwright is not imported here."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from scrapy.settings import BaseSettings

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_START_SECONDS = 60
_ARGUMENTS = (
    "--no-proxy-server",  # or it would look for the one in http_proxy, which its rules hide
    # Both would send UDP to any number that a page names.
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
_PLAYWRIGHTS = {"darwin": "Library/Caches", "win32": "AppData/Local"}


def lacking(settings: BaseSettings) -> str:
    """What keeps us from browsing, as one line for people; "" if nothing does."""
    if settings.getbool("HTTPPROXY_ENABLED"):
        return "which does not go through a proxy: leave out the engine, or HTTPPROXY_ENABLED"
    if find_spec("scrapy_playwright") is None:
        return "and scrapy-playwright is not installed: pip install scrapy-playwright"
    chosen = settings["CHROMIUM"]
    if chosen and shutil.which(chosen) is None:
        return f"and there is no program {chosen}: see CARSCRAPE_CHROMIUM, or the setting CHROMIUM"
    if program(settings) is None and not _playwright_has_one():
        return "and there is no chromium on the PATH: install it, or set CARSCRAPE_CHROMIUM"
    return ""


def program(settings: BaseSettings) -> str | None:
    """The Chromium to start; None for the one that Playwright installed itself."""
    names = [settings["CHROMIUM"]] if settings["CHROMIUM"] else _PROGRAMS
    return next(filter(None, map(shutil.which, names)), None)


def _playwright_has_one() -> bool:
    caches = Path.home() / _PLAYWRIGHTS.get(sys.platform, ".cache")
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or caches / "ms-playwright")
    return any(folder.glob("chromium*/INSTALLATION_COMPLETE"))


def launch_options(settings: BaseSettings, resolver_rules: str) -> dict[str, Any]:
    """What Playwright's `launch` takes; the rules say which hosts exist for this browser."""
    return {
        "executable_path": program(settings),
        "args": [*_ARGUMENTS, f"--host-resolver-rules={resolver_rules}"],
        # Root has no sandbox in Chromium; Playwright would start it without one for everybody.
        "chromium_sandbox": getattr(os, "geteuid", lambda: 1)() != 0,
        "timeout": _START_SECONDS * 1000,
        # Ctrl-C is for the crawl, which closes the browser when its pages have ended.
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
    }
