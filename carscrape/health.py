"""How a run is doing: what makes its result not credible, and pages that need a look."""

import logging
import time
from collections import Counter

from scrapy.http import Response

from carscrape.items import FINISHED_PAGE, PageVerdict
from carscrape.lanes import UNFINISHED, Lane
from carscrape.secrets import bytes_without_keys
from carscrape.store import Store

logger = logging.getLogger(__name__)
_EVIDENCE = 5  # pages kept per engine and verdict
_NEEDS_A_LOOK = frozenset({PageVerdict.BLOCKED, PageVerdict.LAYOUT_UNKNOWN})


class Health:
    """Says each trouble once, keeps evidence, and remembers what the exit code depends on."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.seen: Counter[tuple[str, PageVerdict]] = Counter()  # pages by engine and verdict
        self._left_alone: set[str] = set()  # engines that did not answer since it was said
        self._closed_lanes: set[str] = set()

    def complain(self, line: str) -> None:
        """Log and remember what makes the result not credible."""
        self.complaints.append(line)
        logger.error("%s", line)

    def page(
        self,
        lane: Lane,
        verdict: PageVerdict,
        detail: str,
        response: Response | None,
        store: Store,
    ) -> None:
        """Take a page's verdict: keep the first ones that need a look, and say what is wrong.

        Raises:
            OSError: the evidence cannot be written.
        """
        name = lane.engine.name
        self.seen[name, verdict] += 1
        seen = self.seen[name, verdict]
        kept = ""
        if response and verdict in _NEEDS_A_LOOK and seen <= _EVIDENCE:
            body = bytes_without_keys(response.body)
            kept = f", kept as {store.keep_evidence(f'{name}-{verdict}', body, '.html')}"
        line = f"{name}: page is {verdict} ({detail}){kept}"
        if verdict in UNFINISHED:
            self._pausing(lane, line)
        else:
            self._answering(name)
        if verdict == PageVerdict.LAYOUT_UNKNOWN:
            line += f"; look at it, mend the reader of {name}, and run again"
        if verdict not in FINISHED_PAGE | UNFINISHED:
            loud = logging.ERROR if verdict == PageVerdict.LAYOUT_UNKNOWN else logging.WARNING
            logger.log(loud if seen == 1 else logging.DEBUG, "%s", line)
        if lane.closed and name not in self._closed_lanes:
            self._closed_lanes.add(name)
            self.complain(f"{name} is not asked any more in this run: {lane.closed}")

    def _pausing(self, lane: Lane, line: str) -> None:
        level = logging.DEBUG if lane.engine.name in self._left_alone else logging.WARNING
        self._left_alone.add(lane.engine.name)
        until = "" if lane.closed else f"; it is left alone until {_clock(lane.resumes_at)}"
        logger.log(level, "%s%s", line, until)

    def _answering(self, name: str) -> None:
        if name in self._left_alone:
            self._left_alone.remove(name)
            logger.info("%s answers again", name)

    def unasked(self, lane: Lane, pages: int) -> None:
        """Complain of pages that the run leaves unasked."""
        name, waits = lane.engine.name, lane.resumes_at > time.time()
        when = f" after {_clock(lane.resumes_at)}, until when it is left alone" if waits else ""
        self.complain(f"{name}: {pages} pages are not asked yet; run again{when} to go on")


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))
