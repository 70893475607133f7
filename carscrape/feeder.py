"""Takes what is due from the ledger and hands it to Scrapy: images within a window.

There is no resume path: the first run and the tenth both ask the ledger what is due.
"""

import heapq
import time
from collections import deque
from collections.abc import Iterable

from scrapy import Request
from scrapy.http import Response, TextResponse

from carscrape.items import TRANSIENT, ImageResult, Outcome
from carscrape.ledger import Ledger
from carscrape.manners import pause

SCHEME = "ledger://"
_BATCH = 64  # ended images per commit: one by one costs 3 ms of a stalled event loop each
_BATCH_SECONDS = 0.2
_HOST_DOWN_AFTER = 5  # failures in a row
_HOST_DOWN_SECONDS = 600.0
_HOST_FAULTS = frozenset({Outcome.TIMEOUT, Outcome.DNS, Outcome.CONNECTION, Outcome.THROTTLED})
"""Outcomes that speak about the host, not about the one image."""


class LedgerScheme:
    """Downloader middleware: answers the spider's internal request, which no network sees."""

    def process_request(self, request: Request) -> Response | None:
        if request.url.startswith(SCHEME):
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
        self._turns: deque[str] = deque()
        self._listed: set[str] = set()  # hosts in _turns or _later
        self._later: list[tuple[float, str]] = []  # heap of (due, host)
        self._failures: dict[str, int] = {}
        self._ended: list[tuple[ImageResult, float]] = []
        self._oldest_ended = 0.0
        self.add_hosts(ledger.open_hosts())

    def add_hosts(self, hosts: Iterable[str]) -> None:
        """Hosts that have images to ask."""
        for host in hosts:
            if host not in self._listed:
                self._listed.add(host)
                self._turns.append(host)

    @property
    def open(self) -> int:
        """Images handed out that have not come back."""
        return self._open_count

    def next_due(self) -> float | None:
        """When a host may have something to ask (Unix time); None if all have ended."""
        if self._turns:
            return 0.0
        return self._later[0][0] if self._later else None

    def take(self, now: float) -> list[ImageResult]:
        """Images to ask now, of the next host in turn; [] if the window is full or none is due."""
        while self._later and self._later[0][0] <= now:
            self._turns.append(heapq.heappop(self._later)[1])
        for _ in range(len(self._turns)):
            room = self.window - self._open_count
            if room <= 0:
                return []
            host = self._turns.popleft()
            images = self._of_host(host, now, room)
            if images:
                return images
        return []

    def _of_host(self, host: str, now: float, room: int) -> list[ImageResult]:
        """Take from one host what it may have open, and queue it for its next turn."""
        busy = self._open.get(host, set())
        free = min(self._per_host - len(busy), room)
        if free <= 0:
            self._turns.append(host)
            return []
        due = self.ledger.due_images(host, now, free + len(busy))
        images = [image for image in due if image.id not in busy][:free]
        if images:
            self._open.setdefault(host, set()).update(image.id for image in images)
            self._open_count += len(images)
            self._turns.append(host)
        elif busy:
            self._turns.append(host)
        else:
            self._wait(host)
        return images

    def _wait(self, host: str) -> None:
        """Nothing of this host is due: set it aside until something is, or for good."""
        due = self.ledger.next_due(host)
        if due is None:
            self._listed.discard(host)
        else:
            heapq.heappush(self._later, (due, host))

    def give_back(self, item: ImageResult) -> None:
        """Take an image back that has no outcome, because the crawl stops."""
        self._forget(item)

    def ended(self, item: ImageResult) -> None:
        """Take an ended image; it is written with the next batch."""
        now = time.time()
        failures = self._count_failures(item)
        until = 0.0
        if item.outcome in TRANSIENT:
            seconds = item.retry_after
            if seconds is None:
                seconds = pause(max(item.tries, failures - 1), self._retry_delay)
            until = now + seconds
        if not self._ended:
            self._oldest_ended = now
        self._ended.append((item, until))
        if failures >= _HOST_DOWN_AFTER:
            self.flush()
            why = f"{failures} failures in a row, the last one {item.outcome}"
            self.ledger.hold_host(item.host, now + _HOST_DOWN_SECONDS, down=why)
        elif item.outcome == Outcome.THROTTLED:
            self.flush()
            self.ledger.hold_host(item.host, until)
        self.flush_if_due(now)

    def _count_failures(self, item: ImageResult) -> int:
        """Count how many images in a row failed for their host's sake."""
        if item.outcome not in _HOST_FAULTS:
            self._failures.pop(item.host, None)
            return 0
        self._failures[item.host] = self._failures.get(item.host, 0) + 1
        return self._failures[item.host]

    def flush_if_due(self, now: float) -> None:
        """Commit ended images if there are enough of them, or the first has waited enough."""
        if len(self._ended) >= _BATCH or now - self._oldest_ended >= _BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit every ended image; only now may its host be asked for more."""
        batch, self._ended = self._ended, []
        if batch:
            self.ledger.finish_images(batch)
            for item, _ in batch:
                self._forget(item)

    def _forget(self, item: ImageResult) -> None:
        busy = self._open[item.host]
        busy.discard(item.id)
        self._open_count -= 1
        if not busy:
            del self._open[item.host]
