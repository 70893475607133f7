"""What a reader must know before trusting the numbers, one sentence each."""

from collections.abc import Iterator, Sequence

from carscrape.items import FINISHED_PAGE, Outcome
from carscrape.store import Store
from postprocess.funnel import Funnel, disagreements
from postprocess.report import wording
from postprocess.report.engines import EngineHealth
from postprocess.report.runs import uses_demo_model
from postprocess.status import problems
from postprocess.verdicts import Generation

_UNANSWERED = """
select engine, verdict, count(*) as number from {table}
where verdict is not null group by engine, verdict order by engine, number desc
"""
_ENDED = "select started_at, spider, reason, exit_code from run"


def cautions(
    store: Store,
    funnel: Funnel,
    generations: Sequence[Generation],
    engines: Sequence[EngineHealth],
) -> list[str]:
    """Everything that makes the result less than it seems.

    Raises:
        StoreError: a ledger cannot be read.
    """
    return [
        *(problems(funnel) if funnel.stages else disagreements(funnel)),
        *_demo(funnel, generations),
        *(f"{each.share.name}: {each.trouble}." for each in engines if each.put_off),
        *_pages(store, "page", "result pages"),
        *_pages(store, "hit", "hit-count pages"),
        *_unasked(funnel),
        *_inside(funnel),
        *_last_runs(store),
    ]


def _demo(funnel: Funnel, generations: Sequence[Generation]) -> Iterator[str]:
    if any(share.name.startswith("demo") and share.results for share in funnel.engines):
        yield "Pictures come from the demo web on this machine: they are drawn, or from a folder."
    for generation in generations:
        if uses_demo_model(generation):
            yield (
                f"Stage {generation.stage} used the demo's model, trained on drawn pictures: "
                "how well it did here says nothing about photos."
            )


def _pages(store: Store, table: str, what: str) -> Iterator[str]:
    for row in store.rows(_UNANSWERED.format(table=table)):
        if row["verdict"] not in FINISHED_PAGE:
            words = wording.page(row["verdict"])
            yield f"{row['engine']}: {row['number']:,} {what} {words.title}. {words.why}"


def _unasked(funnel: Funnel) -> Iterator[str]:
    pages = funnel.pages.get("not asked", 0)
    waiting = funnel.outcomes.get("waiting", 0)
    if pages or waiting:
        yield (
            f"The crawl is not finished: {pages:,} result pages and {waiting:,} images "
            "were not asked yet. Run it again to go on."
        )


def _inside(funnel: Funnel) -> Iterator[str]:
    if number := funnel.outcomes.get(Outcome.ADDRESS, 0):
        yield (
            "Image URLs that lead into a private network, or to where a cloud keeps credentials: "
            f"{number:,}, refused before anything was sent."
        )


def _last_runs(store: Store) -> Iterator[str]:
    rows = sorted(store.rows(_ENDED), key=lambda row: row["started_at"])
    for row in {row["spider"]: row for row in rows}.values():
        if row["reason"] is None:
            yield f"The last run of {row['spider']} has not ended: it still runs, or was killed."
        elif row["exit_code"]:
            yield f"The last run of {row['spider']} ended with exit code {row['exit_code']}."
