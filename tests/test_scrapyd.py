"""A real Scrapyd, killed and started again: pending jobs survive it, running ones the ledger."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import DemoWeb, recipe, rows
from tests.scrapyd_server import Scrapyd, kill_crawl, scrapyd_in, wait_for


@pytest.fixture
def scrapyd(tmp_path: Path, egg: bytes) -> Iterator[Scrapyd]:
    """A Scrapyd that has the project."""
    with scrapyd_in(tmp_path / "scrapyd") as server:
        deployed = {"project": "carscrape", "version": "1"}
        assert server.ask("addversion", data=deployed, files={"egg": egg})["spiders"] == 2
        yield server


def runs(store: Path) -> list[tuple[Any, ...]]:
    """How the runs of a store ended; [] while it has no ledger."""
    with suppress(sqlite3.OperationalError):
        return rows(store, "select reason, exit_code from run order by id")
    return []


def outcomes(store: Path) -> list[tuple[Any, ...]]:
    return rows(store, "select outcome, count(*) from image group by outcome")


@pytest.mark.accepts("E10", "I07")
def test_a_server_killed_with_jobs_running_and_pending(
    tmp_path: Path, demo_web: DemoWeb, scrapyd: Scrapyd
) -> None:
    first, second = demo_web(faults="none"), demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "blue ford").removeprefix("recipe=")
    slow = {"recipe": words, "demo_port": first.port}
    running = scrapyd.schedule(tmp_path / "first", "DOWNLOAD_DELAY=1", **slow)
    pending = scrapyd.schedule(tmp_path / "second", recipe=words, demo_port=second.port)
    pid = wait_for(lambda: scrapyd.jobs("running").get(running))["pid"]
    wait_for(lambda: sum(first.asked().values()) > 10)
    assert pending in scrapyd.jobs("pending")
    scrapyd.kill()
    try:
        assert runs(tmp_path / "first") == [(None, None)]  # an orphan, still at it
    finally:
        kill_crawl(pid)
    assert not (tmp_path / "second").exists()

    scrapyd.start()
    wait_for(lambda: pending in scrapyd.jobs("finished"))
    assert runs(tmp_path / "second") == [("finished", 0)]
    assert outcomes(tmp_path / "second") == [("stored", 80)]

    assert running not in scrapyd.jobs("pending") | scrapyd.jobs("finished")  # Scrapyd forgot it
    assert dict(outcomes(tmp_path / "first"))[None] > 0
    again = scrapyd.schedule(tmp_path / "first", **slow)
    wait_for(lambda: again in scrapyd.jobs("finished"))
    assert runs(tmp_path / "first") == [(None, None), ("finished", 0)]
    assert outcomes(tmp_path / "first") == [("stored", 80)]
    assert all(times <= 2 for path, times in first.asked().items() if "/img/" in path)


@pytest.mark.accepts("E10")
def test_how_a_job_ended_stands_in_the_ledger(
    tmp_path: Path, demo_web: DemoWeb, scrapyd: Scrapyd
) -> None:
    """Scrapyd calls a job that failed, and one that was cancelled, `finished` all the same."""
    demo = demo_web(faults="none")
    asked = {"demo_port": demo.port, "recipe": recipe(tmp_path, "blockme").partition("=")[2]}
    blocked = scrapyd.schedule(tmp_path / "blocked", "PATIENCE=0", **asked)
    wait_for(lambda: blocked in scrapyd.jobs("finished"))
    assert runs(tmp_path / "blocked") == [("finished", 1)]

    words = recipe(tmp_path, *(f"red ford {n}" for n in range(8))).partition("=")[2]
    more = {"recipe": words, "demo_port": demo.port}
    cancelled = scrapyd.schedule(tmp_path / "cancelled", "DOWNLOAD_DELAY=1", **more)
    wait_for(lambda: cancelled in scrapyd.jobs("running"))
    wait_for(lambda: (tmp_path / "cancelled").exists() and runs(tmp_path / "cancelled"))
    scrapyd.ask("cancel", data={"project": "carscrape", "job": cancelled})
    wait_for(lambda: cancelled in scrapyd.jobs("finished"))
    assert runs(tmp_path / "cancelled") == [("shutdown", 1)]


@pytest.mark.accepts("I04")
def test_a_server_that_keeps_job_folders_is_told_to_leave_them(
    tmp_path: Path, scrapyd: Scrapyd
) -> None:
    job = scrapyd.schedule(tmp_path / "s", f"JOBDIR={tmp_path / 'jobs'}")
    wait_for(lambda: job in scrapyd.jobs("finished"))
    assert not (tmp_path / "s").exists()
    assert not (tmp_path / "jobs").exists()
