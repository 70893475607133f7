"""What programs that watch a crawl are given: log lines as JSON, a file for Prometheus."""

import json
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.crawling import DemoWeb, crawl, recipe


def metrics(path: Path) -> dict[tuple[str, ...], float]:
    """Name of a metric and its own labels -> value, as Prometheus reads them."""
    found = {}
    for family in text_string_to_metric_families(path.read_text("utf-8")):
        for sample in family.samples:
            assert sample.labels.pop("spider") == "image_search"
            assert sample.labels.pop("ledger") == "all"
            found[sample.name, *sample.labels.values()] = sample.value
    return found


def test_every_log_line_is_a_json_object(tmp_path: Path, demo_web: DemoWeb) -> None:
    words = recipe(tmp_path, "red ford")
    demo = demo_web(faults="none")
    code, output = crawl(
        "image_search", tmp_path / "s", words, f"demo_port={demo.port}", settings=("LOG_JSON=True",)
    )
    assert code == 0
    lines = [json.loads(line) for line in output.splitlines()]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    end = lines[-1]
    assert (end["message"], end["exit_code"]) == ("image_search: finished", 0)
    assert end["summary"]["stored"] == 40


def test_prometheus_reads_what_a_crawl_has_done(tmp_path: Path, demo_web: DemoWeb) -> None:
    words = recipe(tmp_path, "red ford", "blue ford")
    demo = demo_web(faults="none")
    file = tmp_path / "crawl.prom"
    settings = (f"METRICS_FILE={file}",)
    code, output = crawl(
        "image_search", tmp_path / "s", words, f"demo_port={demo.port}", settings=settings
    )
    assert code == 0, output
    found = metrics(file)
    assert found["carscrape_running",] == 0
    assert found["carscrape_exit_code",] == 0
    assert found["carscrape_queries",] == found["carscrape_queries_answered",] == 2
    assert found["carscrape_image_urls",] == found["carscrape_image_urls_ended",] == 80
    assert found["carscrape_images_total", "stored"] == 80
    assert sum(n for name, n in found.items() if name[:2] == ("carscrape_pages_total", "demo")) >= 2


def test_a_metrics_file_without_a_folder_is_refused(tmp_path: Path) -> None:
    settings = (f"METRICS_FILE={tmp_path / 'none' / 'crawl.prom'}",)
    words = recipe(tmp_path, "red ford")
    code, output = crawl("image_search", tmp_path / "s", words, settings=settings)
    assert code == 2
    assert output == (
        f"scrapy crawl: setting METRICS_FILE: there is no folder {tmp_path / 'none'}\n"
    )
