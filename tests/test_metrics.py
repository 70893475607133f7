"""What Prometheus is given of a crawl, and that the documented alarms are of what there is."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from carscrape.arguments import Arguments
from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict
from carscrape.metrics import Metrics
from carscrape.recipe import load
from carscrape.spiders.hitcounts import HitCounts
from carscrape.spiders.image_search import ImageSearch
from carscrape.store import Store
from carscrape.tally import Tally
from tests.conftest import ROOT
from tests.crawling import DemoWeb, crawl, recipe


def metrics(path: Path, ledger: str = "all") -> dict[tuple[str, ...], float]:
    """Name of a metric and its own labels -> value, as Prometheus reads them."""
    found = {}
    for family in text_string_to_metric_families(path.read_text("utf-8")):
        for sample in family.samples:
            assert sample.labels.pop("spider") == "image_search"
            assert sample.labels.pop("ledger") == ledger
            found[sample.name, *sample.labels.values()] = sample.value
    return found


def test_prometheus_reads_what_a_crawl_has_done(tmp_path: Path, demo_web: DemoWeb) -> None:
    words = recipe(tmp_path, "red ford", "blue ford")
    demo = demo_web(faults="none")
    code, output = crawl(
        "image_search",
        tmp_path / "s",
        words,
        f"demo_port={demo.port}",
        settings=(f"METRICS_FOLDER={tmp_path}",),
    )
    assert code == 0, output
    found = metrics(tmp_path / "carscrape-image_search-all.prom")
    assert found["carscrape_running",] == 0
    assert found["carscrape_exit_code",] == 0
    assert found["carscrape_queries",] == found["carscrape_queries_answered",] == 2
    assert found["carscrape_image_urls",] == found["carscrape_image_urls_ended",] == 80
    assert found["carscrape_images_total", "stored"] == 80
    assert sum(n for name, n in found.items() if name[:2] == ("carscrape_pages_total", "demo")) >= 2


def test_a_metrics_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    settings = (f"METRICS_FOLDER={tmp_path / 'none'}",)
    words = recipe(tmp_path, "red ford")
    code, output = crawl("image_search", tmp_path / "s", words, settings=settings)
    assert code == 2
    assert output == (
        f"scrapy crawl: setting METRICS_FOLDER: there is no folder {tmp_path / 'none'}\n"
    )


def writer(
    folder: Path,
    kind: type[ImageSearch] | type[HitCounts] = ImageSearch,
    shard: tuple[int, int] | None = None,
    exit_code: int | None = None,
) -> Metrics:
    """What writes the metrics of a crawl that has begun and done nothing."""
    spider = kind()
    spider.run = 1
    spider.tally = Tally(asked=1)
    engine = load_engine("demo")
    spider.lanes = [SimpleNamespace(engine=engine, resumes_at=0.0)]
    spider.arguments = Arguments(Store("unused"), load("cars"), (engine,), 1, shard=shard)
    spider.health.seen["demo", PageVerdict.RESULTS] = 1
    crawler: Any = SimpleNamespace(
        spidercls=kind,
        spider=spider,
        settings={"METRICS_FOLDER": str(folder)},
        stats=SimpleNamespace(get_value=lambda _: exit_code),
    )
    return Metrics(crawler)


def test_shards_of_a_host_share_a_folder(tmp_path: Path) -> None:
    for shard in ((1, 2), (2, 2)):
        writer(tmp_path, shard=shard).spider_closed()
    assert {path.name for path in tmp_path.iterdir()} == {
        "carscrape-image_search-1-of-2.prom",
        "carscrape-image_search-2-of-2.prom",
    }
    assert metrics(tmp_path / "carscrape-image_search-2-of-2.prom", "2-of-2")


def test_that_nothing_is_stored_is_a_number_and_hits_have_none(tmp_path: Path) -> None:
    writer(tmp_path).spider_closed()
    found = metrics(tmp_path / "carscrape-image_search-all.prom")
    assert found["carscrape_images_total", "stored"] == 0
    writer(tmp_path, HitCounts).spider_closed()
    assert "stored" not in (tmp_path / "carscrape-hitcounts-all.prom").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_told_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "metrics"
    crawl = writer(folder)
    for told in (1, 2):
        with caplog.at_level(logging.WARNING):
            crawl.spider_closed()
            crawl.spider_closed()
        assert [record.getMessage() for record in caplog.records] == [
            f"cannot write {folder}/carscrape-image_search-all.prom: No such file or directory"
        ] * told
        folder.mkdir()
        crawl.spider_closed()
        (path,) = folder.iterdir()
        path.unlink()
        folder.rmdir()


def labels(folder: Path) -> dict[str, set[str]]:
    """Name of each metric -> its labels, of a crawl that runs and of one that has ended."""
    found = {}
    for exit_code in (None, 1):
        writer(folder, exit_code=exit_code).spider_closed()
        text = (folder / "carscrape-image_search-all.prom").read_text("utf-8")
        for family in text_string_to_metric_families(text):
            found.update({sample.name: set(sample.labels) for sample in family.samples})
    return found


def alarms() -> Iterator[str]:
    """The expressions of docs/operations.md."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    yield from re.findall(r"`([^`]*\bcarscrape_\w+[^`]*[=>][^`]*)`", text)


def test_the_alarms_are_of_series_there_are_and_can_fire(tmp_path: Path) -> None:
    """`and` keeps what has the same labels on both sides, but for those it is told to ignore."""
    known = labels(tmp_path)
    found = list(alarms())
    assert len(found) == 4
    for alarm in found:
        joined = re.fullmatch(r"(.*) and (?:ignoring\((\w+)\) )?(.*)", alarm)
        sides = joined.group(1, 3) if joined else (alarm,)
        ignored = {joined[2]} if joined else set()
        names = [re.findall(r"\bcarscrape_\w+", side) for side in sides]
        assert all(len(name) == 1 for name in names), alarm
        assert len({frozenset(known[name] - ignored) for (name,) in names}) == 1, alarm


def test_a_job_may_write_the_documented_folder() -> None:
    """The unit makes it for Scrapyd's user; all else but that is read-only."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (folder,) = re.findall(r"-s METRICS_FOLDER=(\S+?)`", text)
    assert f"--collector.textfile.directory={folder}`" in text
    unit = (ROOT / "deploy" / "scrapyd.service").read_text("utf-8")
    (made,) = re.findall(r"^StateDirectory=(.*)$", unit, re.M)
    assert folder in [f"/var/lib/{name}" for name in made.split()]
    (writable,) = re.findall(r"^ReadWritePaths=(.*)$", unit, re.M)
    assert any(Path(folder).is_relative_to(each) for each in writable.split())
