"""How the engines did: what their pages turned out to be, how fast, and when they blocked."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from carscrape.items import FINISHED_PAGE, PageVerdict
from carscrape.store import Store
from postprocess.funnel import Share
from postprocess.report import wording
from postprocess.report.runs import moment
from postprocess.report.wording import Words

NOT_ASKED = "not asked"
LONGEST_GAP = 300  # seconds; what lies further apart was a pause, or another run

_PAGES = """
select engine, coalesce(verdict, 'not asked') as verdict, count(*) as pages from page group by 1, 2
"""
_GAPS = """
select engine, count(*) as gaps, sum(gap) as seconds
from (select engine, fetched_at - lag(fetched_at) over once as gap from page
      where fetched_at is not null
      window once as (partition by engine order by fetched_at))
where gap < ? group by engine
"""
_WAITING = """
select engine, count(*) as pages from page where verdict is null and detail != '' group by engine
"""
_HELD = "select name, not_before from host where name like 'engine:%'"


class PageCount(NamedTuple):
    """So many pages turned out to be the same."""

    kind: str  # their verdict, or "not asked"
    words: Words
    pages: int


@dataclass(frozen=True)
class EngineHealth:
    """One engine; its images count where it was the first to find them."""

    share: Share
    pages: Sequence[PageCount]  # the most first, those not asked last
    answered: int  # pages
    put_off: int  # pages that were asked in vain, and wait to be asked again
    blocked_pages: int  # kept as evidence, a few of each run
    held_until: float | None  # Unix time; None where it was never left alone
    per_minute: float | None  # pages, while it was asked; None where nobody can tell

    @property
    def kept_per_page(self) -> float | None:
        """Kept images per answered page; None where none was answered."""
        return self.share.kept / self.answered if self.answered else None

    @property
    def kept_of_results(self) -> float | None:
        """The share of its results that it was the first to find and that were kept."""
        return self.share.kept / self.share.results if self.share.results else None

    @property
    def is_in_trouble(self) -> bool:
        """Whether pages of it were asked in vain, and will be asked again."""
        done = {*FINISHED_PAGE, NOT_ASKED}
        return bool(self.put_off) or any(part.kind not in done for part in self.pages)

    @property
    def trouble(self) -> str:
        """What went wrong with its pages, as far as anybody wrote it down; "" if nothing."""
        said = []
        if self.put_off:
            said.append(
                f"{_many(self.put_off, 'page waits', 'pages wait')} since it blocked or failed"
            )
        if self.blocked_pages:
            blocks = _many(self.blocked_pages, "block page is", "block pages are")
            said.append(f"{blocks} kept in evidence/")
        if self.held_until is not None:
            when = "is" if self.held_until > time.time() else "was last"
            said.append(f"it {when} left alone until {moment(self.held_until)}")
        return "; ".join(said)


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def read_health(store: Store, shares: Sequence[Share]) -> list[EngineHealth]:
    """Every engine that has pages, those with the most kept images first.

    Raises:
        StoreError: a ledger cannot be read.
    """
    by_name = {share.name: share for share in shares}
    verdicts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in store.rows(_PAGES):
        verdicts[row["engine"]][row["verdict"]] += row["pages"]
    waiting: Counter[str] = Counter()
    for row in store.rows(_WAITING):
        waiting[row["engine"]] += row["pages"]
    speeds, held = _speeds(store), _held(store)
    evidence = [path.name for path in store.evidence_dir.glob("*")]
    engines = [
        EngineHealth(
            share=by_name.get(name, Share(name, 0, 0, 0, 0)),
            pages=_counted(pages),
            answered=pages.total() - pages[NOT_ASKED] - pages[PageVerdict.FAILED],
            put_off=waiting[name],
            blocked_pages=sum(file.startswith(f"{name}-blocked-") for file in evidence),
            held_until=held.get(name),
            per_minute=speeds.get(name),
        )
        for name, pages in verdicts.items()
    ]
    return sorted(engines, key=lambda engine: (-engine.share.kept, engine.share.name))


def _counted(pages: Counter[str]) -> list[PageCount]:
    order = sorted(pages.items(), key=lambda item: (item[0] == NOT_ASKED, -item[1]))
    return [PageCount(kind, wording.page(kind), n) for kind, n in order]


def _speeds(store: Store) -> dict[str, float]:
    """Pages a minute, of one process where several shards were crawled."""
    gaps: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for row in store.rows(_GAPS, (LONGEST_GAP,)):
        gaps[row["engine"]] += row["gaps"]
        seconds[row["engine"]] += row["seconds"]
    return {name: 60 * n / seconds[name] for name, n in gaps.items() if seconds[name] > 0}


def _held(store: Store) -> dict[str, float]:
    rows = ((row["name"].partition(":")[2], row["not_before"]) for row in store.rows(_HELD))
    held: dict[str, float] = {}
    for name, until in rows:
        held[name] = max(until, held.get(name, until))
    return held
