"""Takes what is due from the ledger and hands it to Scrapy: images within a window.

There is no resume path: the first run and the tenth both ask the ledger what is due.
"""

import heapq
import time
from collections.abc import Iterable

from scrapy import Request
from scrapy.http import Response, TextResponse

from carscrape.items import FREE_OF_CHARGE, LONGEST_PAUSE, ImageResult, Outcome
from carscrape.ledger import Ledger
from carscrape.manners import pause

SCHEME = "ledger://"
_BATCH = 64  # ended images per commit: one by one costs 3 ms of a stalled event loop each
_BATCH_SECONDS = 0.2
_HOST_DOWN_AFTER = 5  # failures in a row
_HOST_DOWN_SECONDS = 600.0  # before the last try of its images: `LONGEST_PAUSE`
_HOST_FAULTS = frozenset({Outcome.TIMEOUT, Outcome.DNS, Outcome.CONNECTION, Outcome.THROTTLED})
"""Outcomes that speak about the host, not about the one image."""


class LedgerScheme:
    """Downloader middleware: answers the spider's internal request, which no network sees."""

    def process_request(self, request: Request) -> Response | None:
        if request.url.startswith(SCHEME) and "item" not in request.meta:
            return TextResponse(request.url, body=b"", encoding="utf-8")
        return None


class Feeder:
    """The images of a ledger that are open or due, at most `window` open at once.

    Each host has at most `per_host` images open, so that a graceful stop is not held up by one
    host's queue, and hosts take turns.
    """

    def __init__(self, ledger: Ledger, window: int, per_host: int, retry_delay: float) -> None:
        self.ledger = ledger
        self.window = window
        self._per_host = per_host
        self._retry_delay = retry_delay
        self._open: dict[str, set[int]] = {}  # host -> ids handed out and not yet committed
        self._open_count = 0
        self._turns: dict[str, None] = {}  # hosts that may have something due, in order
        self._later: list[tuple[float, str]] = []  # heap of (due, host); may hold stale entries
        self._waiting: dict[str, float] = {}  # host -> its entry in _later that counts
        self._held = ledger.hosts.held(time.time())
        self._failures: dict[str, list[int]] = {}  # host -> ids of images that failed in a row
        self._ended: list[tuple[ImageResult, float]] = []
        self._oldest_ended = 0.0
        self.add_hosts(ledger.images.open_hosts())

    def add_hosts(self, hosts: Iterable[str]) -> None:
        """Take hosts that have images to ask."""
        self._turns.update(dict.fromkeys(hosts))

    @property
    def open(self) -> int:
        """Images handed out that are not committed."""
        return self._open_count

    def next_due(self) -> float | None:
        """When a host may have something to ask (Unix time); None if all have ended."""
        if self._turns:
            return 0.0
        return self._later[0][0] if self._later else None

    def take(self, now: float) -> list[ImageResult]:
        """Images to ask now, of the next host in turn; [] if the window is full or none is due."""
        while self._later and self._later[0][0] <= now:
            due, host = heapq.heappop(self._later)
            if self._waiting.get(host) == due:
                del self._waiting[host]
                self._turns[host] = None
        for host in list(self._turns):
            room = self.window - self._open_count
            if room <= 0:
                return []
            del self._turns[host]
            images = self._of_host(host, now, room)
            if images:
                return images
        return []

    def _of_host(self, host: str, now: float, room: int) -> list[ImageResult]:
        """Take from one host what it may have open, and queue it for its next turn."""
        if now < self._held.get(host, 0.0):
            self._wait(host, self._held[host])
            return []
        self._held.pop(host, None)
        busy = self._open.get(host, set())
        free = min(self._per_host - len(busy), room)
        due = self.ledger.images.due(host, now, free + len(busy)) if free > 0 else []
        images = [image for image in due if image.id not in busy][:free]
        if images:
            self._open.setdefault(host, set()).update(image.id for image in images)
            self._open_count += len(images)
        if images or busy:
            self._turns[host] = None
        else:
            next_due = self.ledger.images.next_due(host)
            if next_due is not None:
                self._wait(host, next_due)
        return images

    def _wait(self, host: str, due: float) -> None:
        """Set a host aside until a time."""
        if self._waiting.get(host) != due:
            self._waiting[host] = due
            heapq.heappush(self._later, (due, host))

    def give_back(self, item: ImageResult) -> None:
        """Take an image back that has no outcome; a later run asks it."""
        self._forget(item)

    def ended(self, item: ImageResult) -> int:
        """Take an ended image; it is written with the next batch.

        Returns how many others ended with it, `host_down`.
        """
        now, others = time.time(), 0
        failures = self._count_failures(item)
        until = 0.0
        if not item.final:
            seconds = item.retry_after
            if seconds is None:
                seconds = pause(max(item.tries, failures - 1), self._retry_delay)
            until = now + seconds
        if not self._ended:
            self._oldest_ended = now
        self._ended.append((item, until))
        if failures >= _HOST_DOWN_AFTER:
            others = self._give_up(item, now)
        elif item.outcome == Outcome.THROTTLED:
            self.ledger.hosts.hold(item.host, until)
            self._held[item.host] = max(until, self._held.get(item.host, 0.0))
        self.flush_if_due(now)
        return others

    def _give_up(self, item: ImageResult, now: float) -> int:
        """Leave the host of a failed image alone; returns how many others ended with it."""
        host = item.host
        self.flush()
        failed = self._failures.pop(host)
        until = now + (LONGEST_PAUSE if item.tries else _HOST_DOWN_SECONDS)
        self._held[host] = max(until, self._held.get(host, 0.0))
        why = f"{len(failed)} failures in a row, the last one {item.outcome}"
        free = item.outcome in FREE_OF_CHARGE
        return self.ledger.hosts.give_up(host, why, until, failed, free=free)

    def _count_failures(self, item: ImageResult) -> int:
        """Count how many images in a row failed for their host's sake."""
        if item.outcome not in _HOST_FAULTS:
            self._failures.pop(item.host, None)
            return 0
        failed = self._failures.setdefault(item.host, [])
        failed.append(item.id)
        return len(failed)

    def flush_if_due(self, now: float) -> None:
        """Commit ended images if there are enough of them, or the first has waited enough."""
        if len(self._ended) >= _BATCH or now - self._oldest_ended >= _BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit every ended image; only now may its host be asked for more."""
        if self._ended:
            self.ledger.images.finish(self._ended)
            for item, _ in self._ended:
                self._forget(item)
            self._ended = []

    def _forget(self, item: ImageResult) -> None:
        busy = self._open[item.host]
        busy.discard(item.id)
        self._open_count -= 1
        if not busy:
            del self._open[item.host]
