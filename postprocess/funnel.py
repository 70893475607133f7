"""The funnel: from queries to kept images, with sums that must agree at every step."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.items import Outcome
from carscrape.store import Store
from postprocess.shares import LOST, Share, shares
from postprocess.verdicts import Generation, Step, Verdicts, image_ids

__all__ = ["Funnel", "Share", "StageCount", "count", "disagreements"]


NOT_JUDGED = "not judged"
"""The reason for which an image is lost that a stage, or all of them, did not look at yet."""


@dataclass(frozen=True)
class StageCount:
    """What one stage did; an image enters when every earlier stage that ran kept it."""

    name: str
    entered: int
    kept: int
    rejected: dict[str, int]  # reason -> images
    missing: int  # images it has not judged yet
    skipped: str  # why the stage did not run; "" = it ran


@dataclass(frozen=True)
class Funnel:
    """Everything that was asked for, and what became of it."""

    queries: int
    pages: dict[str, int]  # verdict, or "not asked" -> pages
    results: int
    urls: int
    repeats: int  # results whose URL an earlier result had
    outcomes: dict[str, int]  # final or last outcome, or "waiting" -> URLs
    files: int  # distinct images
    same_bytes: int  # stored URLs whose bytes an earlier one had
    stages: tuple[StageCount, ...]
    engines: tuple[Share, ...]
    labels: tuple[Share, ...]
    kept: int  # by the last stage that ran; 0 if none did


def count(store: Store) -> Funnel:
    """Count a store's funnel from its ledgers and its current verdicts.

    Raises:
        StoreError: a ledger or a part of the verdicts is missing or damaged.
    """
    verdicts = Verdicts(store)
    ids = image_ids(store)
    stages, lost = _stages(verdicts, verdicts.current(), ids)
    engines, labels = shares(store, lost)
    outcomes = _tally(store, "select coalesce(outcome, 'waiting'), count(*) from image group by 1")
    return Funnel(
        queries=len({row["id"] for row in store.rows("select id from query")}),
        pages=_tally(store, "select coalesce(verdict, 'not asked'), count(*) from page group by 1"),
        results=_tally(store, "select 'results', count(*) from result")["results"],
        urls=_tally(store, "select 'urls', count(*) from image")["urls"],
        repeats=_tally(store, _REPEATS)["repeats"],
        outcomes=outcomes,
        files=len(ids),
        same_bytes=outcomes.get(Outcome.STORED, 0) - len(ids),
        stages=stages,
        engines=engines,
        labels=labels,
        kept=len(ids) - len(lost),
    )


_REPEATS = """
select 'repeats', count(*)
from (select row_number() over (partition by image order by page, rank) as place from result)
where place > 1
"""


def disagreements(funnel: Funnel) -> list[str]:
    """Every sum that does not agree, as one sentence each; [] when all do."""
    stored = funnel.outcomes.get(Outcome.STORED, 0)
    pairs = [
        ("results", funnel.results, "URLs + repeats", funnel.urls + funnel.repeats),
        ("URLs", funnel.urls, "outcomes + waiting", sum(funnel.outcomes.values())),
        ("stored URLs", stored, "files + same bytes", funnel.files + funnel.same_bytes),
        *_stage_sums(funnel),
        *_share_sums("engines", funnel, funnel.engines),
        *_share_sums("labels", funnel, funnel.labels),
    ]
    return [
        f"{left} ({n:,}) and {right} ({m:,}) are not the same"
        for left, n, right, m in pairs
        if n != m
    ]


def _stage_sums(funnel: Funnel) -> Iterator[tuple[str, int, str, int]]:
    left = funnel.files
    before = "files"
    for stage in funnel.stages:
        if stage.skipped:
            continue
        ended = stage.kept + sum(stage.rejected.values()) + stage.missing
        yield before, left, f"images entering {stage.name}", stage.entered
        yield f"images entering {stage.name}", stage.entered, "kept + rejected + missing", ended
        left, before = stage.kept, f"images kept by {stage.name}"
    if before != "files":
        yield before, left, "kept images", funnel.kept


def _share_sums(
    name: str, funnel: Funnel, shares: Sequence[Share]
) -> Iterator[tuple[str, int, str, int]]:
    yield "results", funnel.results, f"those of all {name}", sum(s.results for s in shares)
    yield "URLs", funnel.urls, f"those of all {name}", sum(s.urls for s in shares)
    yield "files", funnel.files, f"those of all {name}", sum(s.stored for s in shares)
    yield "kept images", funnel.kept, f"those of all {name}", sum(s.kept for s in shares)
    for stage in funnel.stages:
        for reason, images in {**stage.rejected, NOT_JUDGED: stage.missing}.items():
            of_all = sum(share.lost.get(stage.name, {}).get(reason, 0) for share in shares)
            yield f"images lost to {reason} in {stage.name}", images, f"those of all {name}", of_all
    for share in shares:
        ended = share.kept + sum(sum(reasons.values()) for reasons in share.lost.values())
        yield f"files of {share.name!r}", share.stored, "kept and lost ones", ended


def _stages(
    verdicts: Verdicts, generations: Sequence[Generation], ids: pa.Array
) -> tuple[tuple[StageCount, ...], pa.Table]:
    """What each stage did, and the images that are not left, with `LOST`."""
    ran: dict[str, StageCount] = {}
    lost = [LOST.empty_table()]
    for step in verdicts.walk(ids, generations):
        ran[step.stage] = _stage_count(step)
        missing = ids.filter(pc.invert(pc.is_in(ids, value_set=step.rows["id"].combine_chunks())))
        lost.append(_lost(step.stage, step.rejected["id"], step.rejected["reason"]))
        lost.append(_lost(step.stage, missing, pa.repeat(NOT_JUDGED, len(missing))))
        ids = step.kept
    if not ran:
        lost.append(_lost("", ids, pa.repeat(NOT_JUDGED, len(ids))))
    counts = (ran.get(g.stage) or StageCount(g.stage, 0, 0, {}, 0, g.skipped) for g in generations)
    return tuple(counts), pa.concat_tables(lost).unify_dictionaries()


def _lost(stage: str, ids: pa.Array, reasons: pa.Array) -> pa.Table:
    columns = {"id": ids, "stage": pa.repeat(stage, len(ids)), "reason": reasons}
    return pa.table(columns).cast(LOST)


def _stage_count(step: Step) -> StageCount:
    kept = len(step.kept)
    counted = step.rejected["reason"].value_counts().to_pylist()
    rejected = Counter({row["values"]: row["counts"] for row in counted})
    missing = step.entered - kept - rejected.total()
    return StageCount(step.stage, step.entered, kept, dict(rejected), missing, "")


def _tally(store: Store, sql: str) -> dict[str, int]:
    """Names and numbers that `sql` selects, summed over the ledgers."""
    total: Counter[str] = Counter()
    for name, number in store.rows(sql):
        total[name] += number
    return dict(total)
