"""The environment's proxy, where a setting says to use it: announced, and its failure no URL's."""

import logging
import time
from typing import Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from aiohttp import ClientHttpProxyError, ClientProxyConnectionError
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    NotConfigured,
)
from scrapy.http import Response
from scrapy.settings import BaseSettings

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.pins import PIN_SECONDS, resolve, unchecked
from carscrape.stopping import Stop

logger = logging.getLogger(__name__)
_SCHEMES = ("http", "https")
_WANTS_A_PASSWORD = 407


def check_proxies(settings: BaseSettings) -> None:
    """Check what the environment says, if HTTPPROXY_ENABLED lets it say anything.

    Raises:
        ValueError: no request could go that way; the text is for people, and has no password.
    """
    if not settings.getbool("HTTPPROXY_ENABLED"):
        return
    proxies = HttpProxyMiddleware().proxies
    given = [scheme for scheme in _SCHEMES if scheme in getproxies()]
    if not given:
        raise ValueError("expected http_proxy and https_proxy in the environment, got neither")
    for scheme in given:
        if not _usable(proxies.get(scheme, (None, ""))[1]):
            raise ValueError(f"expected http://HOST:PORT in the environment's {scheme}_proxy")


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Proxy(HttpProxyMiddleware):
    """Downloader middleware, before the guard: sends requests through the environment's proxy."""

    crawler: Crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        try:
            proxy = super().from_crawler(crawler)
        except ValueError:  # neither True nor False: the spider says so, before it asks anything
            raise NotConfigured from None
        proxy.crawler = crawler
        proxy._known_until = {}
        crawler.signals.connect(proxy.spider_opened, signal=signals.spider_opened)
        return proxy

    _known_until: dict[str, float]  # host of a proxy -> monotonic

    def spider_opened(self) -> None:
        """Say where requests go."""
        ways = [
            f"{scheme} requests go through {self._name(scheme)}"
            if scheme in self.proxies
            else f"{scheme} requests go directly"
            for scheme in _SCHEMES
        ]
        logger.warning(
            "%s, by the setting HTTPPROXY_ENABLED: the guard's address check ends at a proxy, "
            "which must refuse addresses inside itself",
            "; ".join(ways),
        )

    def _name(self, scheme: str) -> str:
        return urlsplit(self.proxies[scheme][1]).netloc

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Choose a request's proxy, and let the proxy's own name be resolved, be it inside."""
        super().process_request(request)
        if request.meta.get("proxy"):
            parts = urlsplit(request.meta["proxy"])
            host = parts.hostname or ""
            if time.monotonic() > self._known_until.get(host, 0.0):
                unchecked[host] = tuple(await resolve(host, parts.port or 80))
                self._known_until[host] = time.monotonic() + PIN_SECONDS

    def process_response(self, request: Request, response: Response) -> Response:
        """Stop at a proxy that wants another password: that is no answer of the host."""
        if response.status == _WANTS_A_PASSWORD and request.meta.get("proxy"):
            self._fail(request, "does not accept the user name and password")
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Stop at a proxy that cannot be reached."""
        if not request.meta.get("proxy"):
            return
        cause = exception.__cause__
        if isinstance(cause, ClientProxyConnectionError) or isinstance(
            exception, CannotResolveHostError
        ):
            self._fail(request, "cannot be reached")
        if isinstance(cause, ClientHttpProxyError) and cause.status == _WANTS_A_PASSWORD:
            self._fail(request, "does not accept the user name and password")

    def _fail(self, request: Request, how: str) -> None:
        """End the run: what fails from now on says nothing about the URLs.

        Raises:
            Refused: always.
        """
        scheme = urlsplit(request.url).scheme
        why = (
            f"the proxy {urlsplit(request.meta['proxy']).netloc} {how}: "
            f"see {scheme}_proxy in the environment, and run again"
        )
        stop = getattr(self.crawler.spider, "stop", None)
        if isinstance(stop, Stop):
            stop.now("proxy_failed", why)
        raise Refused(Outcome.CONNECTION, why)
