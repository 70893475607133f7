"""Scrapy's downloader, with a limit per slot that holds when the process stalls, too."""

from collections import deque
from typing import Any

from scrapy import Request, Spider
from scrapy.core.downloader import Downloader as ScrapysDownloader
from scrapy.core.downloader import Slot


class Downloader(ScrapysDownloader):
    """Counts a request from when it leaves the queue.

    Scrapy counts it from when its task begins: after a stall as long as the delay, it lets one
    more begin before it sees the last.
    """

    def _get_slot(self, request: Request, spider: Spider | None = None) -> tuple[str, Slot]:
        key, slot = super()._get_slot(request)
        if not isinstance(slot.queue, _Queue):
            slot.queue = _Queue(slot.transferring)
        return key, slot


class _Queue(deque[Any]):
    """Requests that wait, each with what its answer goes to."""

    def __init__(self, begun: set[Request]) -> None:
        super().__init__()
        self._begun = begun

    def popleft(self) -> Any:
        request, answered = super().popleft()
        self._begun.add(request)
        return request, answered
