"""The limit of requests per slot."""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest
from scrapy import Request
from scrapy.core import downloader as scrapys
from scrapy.utils.test import get_crawler
from twisted.internet.defer import Deferred

from carscrape.downloader import Downloader


@pytest.mark.accepts("D06")
def test_a_process_that_stalls_asks_no_more_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[Coroutine[Any, Any, None]]()
    stalling = count(1000)  # a second goes by whenever anybody looks at the clock
    monkeypatch.setattr(scrapys, "_schedule_coro", begun.append)
    monkeypatch.setattr(scrapys, "monotonic", lambda: float(next(stalling)))
    requests = [Request(f"http://host.example/{number}") for number in range(20)]
    transferring = asyncio.run(_transferring(requests))
    assert len(begun) == 8
    assert transferring == set(requests[:8])
    for coroutine in begun:
        coroutine.close()


async def _transferring(requests: list[Request]) -> set[Request]:
    settings = {
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "DOWNLOAD_DELAY": 0.01,
        "DOWNLOAD_HANDLERS": dict.fromkeys(["http", "https", "ftp"]),  # nothing is sent
    }
    downloader = Downloader(get_crawler(settings_dict=settings))
    for request in requests:
        _, slot = downloader._get_slot(request)
        slot.queue.append((request, Deferred()))
    downloader._process_queue(slot)
    downloader.close()
    return slot.transferring
