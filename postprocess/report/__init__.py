"""The report: one self-contained HTML page that says what was kept and why the rest went.

Titles, labels and addresses were written by strangers: `page` alone makes HTML of them.
"""

import time
from pathlib import Path

from carscrape.store import Store
from postprocess.funnel import Funnel, Share, count
from postprocess.report import wording
from postprocess.report.addresses import lost_addresses
from postprocess.report.agreement import read_agreement
from postprocess.report.cautions import cautions
from postprocess.report.engines import read_health
from postprocess.report.page import render
from postprocess.report.reviewed import Reviewed, read_review
from postprocess.report.runs import judges, moment, read_runs
from postprocess.report.samples import choose
from postprocess.report.shortages import read_shortages
from postprocess.report.spread import ranges, spread
from postprocess.report.steps import steps
from postprocess.report.web_hits import read_web_hits
from postprocess.verdicts import Verdicts
from postprocess.writing import write_aside


def write_report(store: Store) -> Path:
    """Write report/index.html; also for a store with nothing in it yet.

    Raises:
        StoreError: the store cannot be read, or the page not be written.
        RecipeError: the store's recipe is damaged.
    """
    funnel = count(store)
    generations = Verdicts(store).current()
    samples = choose(store, generations)
    engines = read_health(store, funnel.engines)
    rows = steps(funnel)
    engine_shares = spread(funnel.engines)
    review = read_review(store)
    html = render(
        store=str(store.root),
        made=moment(time.time()),
        funnel=funnel,
        judged=any(not stage.skipped for stage in funnel.stages),
        steps=rows,
        widest=max(step.count for step in rows),
        pages=[(wording.page(name), n) for name, n in sorted(funnel.pages.items(), key=_falling)],
        cautions=cautions(store, funnel, generations, engines),
        next_step=_next_step(store, funnel, reviewed=isinstance(review, Reviewed)),
        samples=samples,
        addresses=lost_addresses(store),
        engines=engines,
        engine_shares=engine_shares,
        label_shares=spread(funnel.labels),
        losing_stages=_losing(funnel, engine_shares.total),
        ranges=ranges([share.kept for share in funnel.labels]),
        shortages=read_shortages(store, samples.of_label, engines) if funnel.kept else None,
        agreement=read_agreement(store, generations),
        review=review,
        hits=read_web_hits(store),
        runs=read_runs(store),
        judges=judges(generations),
    )
    return write_aside(store.report_dir / "index.html", html.encode("utf-8"))


def _falling(item: tuple[str, int]) -> int:
    return -item[1]


def _losing(funnel: Funnel, total: Share) -> list[str]:
    """The stages that lost images, in their order; "" where none has run yet."""
    return [name for name in ("", *(stage.name for stage in funnel.stages)) if name in total.lost]


def _next_step(store: Store, funnel: Funnel, reviewed: bool) -> str:
    if not funnel.files:
        return f"scrapy crawl image_search -s STORE={store.root}"
    if not funnel.kept:
        return f"python -m postprocess run {store.root}"
    if not reviewed:
        return f"python -m postprocess review {store.root}"
    return f"python -m postprocess export {store.root} --format folders --to DIR"
