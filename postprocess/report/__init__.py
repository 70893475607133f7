"""The report: one self-contained HTML page that says what was kept and why the rest went.

Titles, labels and addresses were written by strangers: `page` alone makes HTML of them.
"""

import base64
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import Store
from postprocess.funnel import Funnel, count
from postprocess.hits.table import HitsError, HitTable, read_hits
from postprocess.report import wording
from postprocess.report.cautions import cautions
from postprocess.report.page import render
from postprocess.report.runs import judges, moment, read_runs
from postprocess.report.samples import choose
from postprocess.report.spread import spread
from postprocess.report.steps import steps
from postprocess.verdicts import Verdicts
from postprocess.writing import write_aside


@dataclass(frozen=True)
class _Hits:
    table: HitTable
    labels: dict[str, int]  # label -> subjects, "" where none could be given
    picture: str  # a data: URI


def write_report(store: Store) -> Path:
    """Write report/index.html; also for a store with nothing in it yet.

    Raises:
        StoreError: the store cannot be read, or the page not be written.
        RecipeError: the store's recipe is damaged.
    """
    funnel = count(store)
    generations = Verdicts(store).current()
    rows = steps(funnel)
    html = render(
        store=str(store.root),
        made=moment(time.time()),
        funnel=funnel,
        judged=any(not stage.skipped for stage in funnel.stages),
        steps=rows,
        widest=max(step.count for step in rows),
        pages=[(wording.page(name), n) for name, n in sorted(funnel.pages.items(), key=_falling)],
        cautions=cautions(store, funnel, generations),
        next_step=_next_step(store, funnel),
        samples=choose(store),
        labels=spread(funnel.labels),
        hits=_hits(store),
        runs=read_runs(store),
        judges=judges(generations),
    )
    return write_aside(store.report_dir / "index.html", html.encode("utf-8"))


def _falling(item: tuple[str, int]) -> int:
    return -item[1]


def _next_step(store: Store, funnel: Funnel) -> str:
    if not funnel.files:
        return f"scrapy crawl image_search -s STORE={store.root}"
    if not funnel.kept:
        return f"python -m postprocess run {store.root}"
    return f"python -m postprocess export {store.root} --format folders --to DIR"


def _hits(store: Store) -> _Hits | None:
    """The hit counts and their picture; None where nobody asked for any."""
    try:
        table = read_hits(store)
    except HitsError:
        return None
    from postprocess.hits.picture import draw  # matplotlib takes a second to load

    labels = Counter(row.label for row in table.rows)
    picture = "data:image/png;base64," + base64.b64encode(draw(table)).decode("ascii")
    return _Hits(table, {term: labels[term] for term in (*table.terms, "")}, picture)
