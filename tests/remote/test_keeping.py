"""A crawl whose store has a copy beyond its machine, and machines that are lost."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunningDemo, start_demo
from tests.crawling import DemoWeb, assert_quiet, command, crawl, recipe
from tests.object_store import S3, Folder, fetch, kept_in, s3_server
from tests.scrapyd_server import wait_for

WORDS = ("red ford", "blue ford", "green ford")
SLOW = ("DOWNLOAD_DELAY=0.3", "CONCURRENT_REQUESTS_PER_DOMAIN=1")


def started(store: Path, url: str, asked: list[str], *settings: str) -> "subprocess.Popen[str]":
    chosen = (*SLOW, f"REMOTE_STORE={url}", "REMOTE_INTERVAL=1", *settings)
    line = command("image_search", store, *asked, settings=chosen)
    return subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def asked_of(folder: Path, demo: RunningDemo) -> list[str]:
    return [recipe(folder, *WORDS), f"demo_port={demo.port}"]


def go_on(store: Path, url: str, asked: list[str]) -> tuple[int, str]:
    settings = (f"REMOTE_STORE={url}", "REMOTE_INTERVAL=1")
    return crawl("image_search", store, *asked, settings=settings)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a crawl that nothing happens to keeps."""
    folder, demo = tmp_path_factory.mktemp("whole"), start_demo(faults="realistic")
    code, output = crawl("image_search", folder / "store", *asked_of(folder, demo))
    demo.stop()
    assert code == 0, output
    return kept_in(folder / "store", demo.port)


@pytest.fixture
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "remote")


@pytest.fixture(params=["folder", "s3"])
def remote(request: pytest.FixtureRequest) -> Folder | S3:
    """A store beyond the machine, of each kind."""
    chosen: Folder | S3 = request.getfixturevalue(request.param)
    return chosen


def test_a_lost_node_s_shard_goes_on_elsewhere(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], remote: Folder | S3
) -> None:
    demo = demo_web(faults="realistic")
    url, asked = remote.url, asked_of(tmp_path, demo)
    slowly = ("DOWNLOAD_DELAY=3", "REMOTE_INTERVAL=3")  # ends after a minute
    with started(tmp_path / "lost", url, asked, *slowly) as lost:
        wait_for(lambda: any(claim["stored"] for claim in remote.claims("all")))
        code, output = go_on(tmp_path / "other", url, asked)
        assert code == 74
        assert f":{tmp_path / 'lost'}: wait until it ends" in output, output
        assert "Traceback" not in output
        lost.kill()
    (saved,) = remote.claims("all")
    assert saved["reason"] is None
    assert fetch(url, tmp_path / "early")[0] == 0
    early = kept_in(tmp_path / "early", demo.port)  # whatever it names is there
    assert 0 < sum(outcome == "stored" for outcome, _ in early.values()) < len(early)

    wait_for(lambda: go_on(tmp_path / "other", url, asked)[0] == 0)
    assert fetch(url, tmp_path / "all")[0] == 0
    assert kept_in(tmp_path / "all", demo.port) == whole
    ended = {address for address, (outcome, _) in early.items() if outcome == "stored"}
    asked_twice = {path for path, times in demo.asked().items() if "/img/" in path and times > 1}
    assert not {address for address in ended if any(address.endswith(p) for p in asked_twice)}


def test_a_node_that_was_taken_for_lost_ends_and_changes_nothing(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], folder: Folder
) -> None:
    demo = demo_web(faults="realistic")
    url, asked = folder.url, asked_of(tmp_path, demo)
    with started(tmp_path / "slow", url, asked) as slow:
        wait_for(lambda: any(claim["stored"] for claim in folder.claims("all")))
        slow.send_signal(signal.SIGSTOP)
        try:
            wait_for(lambda: go_on(tmp_path / "other", url, asked)[0] == 0)
        finally:
            slow.send_signal(signal.SIGCONT)
        assert slow.stderr
        output = slow.stderr.read()
    assert slow.returncode == 74
    assert f"was taken over by {folder.claims('all')[-1]['node']}" in output
    assert "Traceback" not in output
    assert fetch(url, tmp_path / "all")[0] == 0
    assert kept_in(tmp_path / "all", demo.port) == whole

    code, output = go_on(tmp_path / "slow", url, asked)  # and has the other's work now
    assert code == 0
    assert "going on from the ledger all" in output


def test_a_store_that_fails_ends_the_crawl_and_loses_nothing_here(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], s3: S3
) -> None:
    demo = demo_web(faults="realistic")
    asked = asked_of(tmp_path, demo)
    with started(tmp_path / "s", s3.url, asked) as running:
        wait_for(lambda: s3.claim("all").get("stored"))
        s3.kill()
        assert running.stderr
        output = running.stderr.read()
    assert running.returncode == 74
    assert output.count(f"cannot use the remote store {s3.url}: ") == 1, output
    assert "Traceback" not in output

    s3.start()  # and has forgotten everything
    code, output = go_on(tmp_path / "s", s3.url, asked)
    assert code == 0, output
    assert_quiet(output)
    assert "endpoint" not in output  # which botocore would say at each start
    assert kept_in(tmp_path / "s", demo.port) == whole
    assert fetch(s3.url, tmp_path / "all")[0] == 0
    assert kept_in(tmp_path / "all", demo.port) == whole


def test_a_crawl_that_meets_a_damaged_ledger_lets_its_shard_go(
    tmp_path: Path, demo_web: DemoWeb, folder: Folder
) -> None:
    asked = [*asked_of(tmp_path, demo_web(faults="none")), "limit=1"]
    assert go_on(tmp_path / "one", folder.url, asked)[0] == 0
    (folder.path / "ledger/all/000001.sqlite").write_text("<html>")
    code, output = go_on(tmp_path / "other", folder.url, asked)
    told = "all/000001.sqlite is damaged (file is not a database): crawl again in "
    assert (code, told in output) == (74, True), output
    assert output.count("ERROR") == 1
    assert "Traceback" not in output
    assert folder.claims("all")[-1]["until"] == 0
    assert go_on(tmp_path / "one", folder.url, asked)[0] == 0  # as it was told
    assert fetch(folder.url, tmp_path / "all")[0] == 0


def test_stores_that_do_not_belong_together(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    url, asked = f"file://{tmp_path / 'remote'}", asked_of(tmp_path, demo)
    one, another = [*asked, "limit=1"], [*asked, "limit=2", "shard=1/1"]
    assert go_on(tmp_path / "one", url, one)[0] == 0
    assert crawl("image_search", tmp_path / "alone", *one)[0] == 0

    code, output = go_on(tmp_path / "alone", url, one)
    assert (code, "was not saved to" in output) == (74, True), output
    code, output = go_on(tmp_path / "cut", url, another)
    assert (code, "holds the shard all, cut otherwise than 1-of-1" in output) == (74, True), output
    code, output = fetch(url, tmp_path / "alone")
    assert (code, "is written by crawls of its own" in output) == (74, True), output
    code, output = fetch(f"file://{tmp_path / 'nothing'}", tmp_path / "new")
    assert (code, "holds no store" in output) == (74, True), output
