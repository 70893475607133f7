"""What Prometheus is told of a crawl. Only imported where METRICS_FOLDER is set."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from carscrape.items import Outcome
from carscrape.spider import LedgerSpider


def write(path: Path, spider: LedgerSpider, exit_code: int | None) -> None:
    """Write aside and rename.

    Raises:
        OSError: it cannot be written.
    """
    registry = CollectorRegistry()
    registry.register(_State(spider, exit_code))
    write_to_textfile(str(path), registry)


class _State(Collector):
    """What is counted; every name begins with carscrape_ and has the spider and the ledger."""

    def __init__(self, spider: LedgerSpider, exit_code: int | None) -> None:
        self._spider = spider
        self._exit_code = exit_code
        self._of = {"spider": spider.name, "ledger": spider.arguments.ledger_name}

    def collect(self) -> Iterator[Metric]:
        tally = self._spider.tally
        yield self._gauge("running", "1 while the crawl runs", int(self._exit_code is None))
        if self._exit_code is not None:
            yield self._gauge("exit_code", "How the crawl ended", self._exit_code)
        yield self._gauge("queries", "Queries or phrases that are planned", tally.asked)
        yield self._gauge("queries_answered", "Of these, how many are done", tally.answered)
        yield self._gauge("image_urls", "Distinct image URLs known", tally.urls)
        yield self._gauge("image_urls_ended", "Of these, how many ended for good", tally.ended)
        left = tally.seconds_left()
        if left is not None:
            yield self._gauge("seconds_left", "Estimate of the time to the end", left)
        outcomes = self._counter("images", "Images that ended in this run", "outcome")
        # What an alarm compares with 0 has to be there while it is 0.
        always = {} if self._spider.counts_hits else {Outcome.STORED: 0}
        for outcome, count in {**always, **tally.outcomes}.items():
            outcomes.add_metric([*self._of.values(), outcome], count)
        yield outcomes
        pages = self._counter("pages", "Pages of engines read in this run", "engine", "verdict")
        for (engine, verdict), count in self._spider.health.seen.items():
            pages.add_metric([*self._of.values(), engine, verdict], count)
        yield pages
        paused = GaugeMetricFamily(
            "carscrape_engine_resumes_at",
            "Until when (Unix time) an engine is left alone",
            labels=[*self._of, "engine"],
        )
        for lane in self._spider.lanes:
            paused.add_metric([*self._of.values(), lane.engine.name], lane.resumes_at)
        yield paused

    def _gauge(self, name: str, what: str, value: float) -> Metric:
        gauge = GaugeMetricFamily(f"carscrape_{name}", what, labels=list(self._of))
        gauge.add_metric(list(self._of.values()), value)
        return gauge

    def _counter(self, name: str, what: str, *labels: str) -> CounterMetricFamily:
        return CounterMetricFamily(f"carscrape_{name}", what, labels=[*self._of, *labels])
