"""How a run is doing: what makes its result not credible, and pages that need a look."""

import logging
from collections import Counter

from scrapy.http import Response

from carscrape.items import FINISHED_PAGE, PageVerdict
from carscrape.lanes import Lane
from carscrape.secrets import bytes_without_keys
from carscrape.store import Store

logger = logging.getLogger(__name__)
_EVIDENCE = 5  # pages kept per engine and verdict
_NEEDS_A_LOOK = frozenset({PageVerdict.BLOCKED, PageVerdict.LAYOUT_UNKNOWN})


class Health:
    """Says each trouble once, keeps evidence, and remembers what the exit code depends on."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._seen: Counter[tuple[str, PageVerdict]] = Counter()
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
        """Take a page's verdict: keep the first ones that need a look, and name the very first.

        Raises:
            OSError: the evidence cannot be written.
        """
        name = lane.engine.name
        self._seen[name, verdict] += 1
        seen = self._seen[name, verdict]
        kept = ""
        if response and verdict in _NEEDS_A_LOOK and seen <= _EVIDENCE:
            body = bytes_without_keys(response.body)
            kept = f", kept as {store.keep_evidence(f'{name}-{verdict}', body, '.html')}"
        if verdict not in FINISHED_PAGE:
            level = logging.WARNING if seen == 1 else logging.DEBUG
            logger.log(level, "%s: page is %s (%s)%s", name, verdict, detail, kept)
        if lane.closed and name not in self._closed_lanes:
            self._closed_lanes.add(name)
            self.complain(f"{name} is not asked any more in this run: {lane.closed}")
