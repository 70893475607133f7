"""A plan over three Scrapyd servers and an S3, of which a server and its crawl are lost."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningDemo
from tests.crawling import SETTINGS, DemoWeb, crawl, recipe
from tests.fleet.stand_in import NO_PROJECT, StandIn, stand_ins
from tests.object_store import S3, fetch, judged_in, kept_in, s3_server
from tests.scrapyd_server import USER, Scrapyd, kill_crawl, scrapyd_in, wait_for

WORDS = ("red ford", "blue ford", "green ford", "red honda", "blue honda")
SHARDS = [f"{number}-of-4" for number in range(1, 5)]
NO_HOSTS = (
    *("host:6800", "foo://host", "http://", "http://host:notaport", "http://host:0"),
    *("http://host:99999", "http://[bad", "http://host/?a=b"),
)
SLOW = (
    "DOWNLOAD_DELAY=0.3",
    "CONCURRENT_REQUESTS_PER_DOMAIN=1",
    "REMOTE_INTERVAL=1",
    "STORE=store",
)


@pytest.fixture
def hosts(tmp_path: Path, egg: bytes) -> Iterator[tuple[S3, list[Scrapyd]]]:
    """Three servers that have the project, and an S3 they find."""
    with ExitStack() as stack:
        s3 = stack.enter_context(s3_server())
        servers = [stack.enter_context(scrapyd_in(tmp_path / f"host{n}")) for n in range(3)]
        for server in servers:
            server.ask(
                "addversion", data={"project": "carscrape", "version": "1"}, files={"egg": egg}
            )
        yield s3, servers


def fleet(s3: S3, servers: list[Scrapyd], *asked: str, shards: int = 4) -> "subprocess.Popen[str]":
    urls = [f"http://127.0.0.1:{server.port}" for server in servers]
    given = [text for each in asked for text in ("-a", each)]
    chosen = [text for each in (*SETTINGS[1:], *SLOW) for text in ("-s", each)]
    options = ["--shards", str(shards), "--remote", s3.url, "--dead-after", "3", *given, *chosen]
    return subprocess.Popen(
        [sys.executable, "-m", "carscrape.fleet", *urls, *options],
        cwd=ROOT,
        env={**os.environ, "SCRAPYD_USERNAME": USER[0], "SCRAPYD_PASSWORD": USER[1]},
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output = process.communicate(timeout=170)[1]
    assert USER[1] not in output
    assert "Traceback" not in output, output
    return process.returncode, output


def shards_of(server: Scrapyd, *states: str) -> list[str]:
    return [job.partition(".")[0] for state in states for job in server.jobs(state)]


def log_of(servers: list[Scrapyd], shard: str) -> str:
    """What the last crawl of a shard said, on whichever of these servers it was."""
    found = [path for server in servers for path in server.folder.glob(f"logs/*/*/{shard}.*.log")]
    return max(found, key=lambda path: path.stat().st_mtime).read_text()


def is_caught_at_work(s3: S3, shard: str, pid: int) -> bool:
    """Whether a crawl has stored something and is not at its end; if so it stays stopped there."""
    os.kill(pid, signal.SIGSTOP)
    claim = s3.claim(shard)
    if claim.get("stored") and claim["reason"] is None:
        return True
    os.kill(pid, signal.SIGCONT)
    return False


def lose(s3: S3, servers: list[Scrapyd]) -> tuple[Scrapyd, str]:
    """Kill a server together with its crawl that is in the middle."""

    def found() -> tuple[Scrapyd, str, int] | None:
        for server in servers:
            for job, told in server.jobs("running").items():
                shard = job.partition(".")[0]
                with suppress(ProcessLookupError):
                    if is_caught_at_work(s3, shard, told["pid"]):
                        return server, shard, told["pid"]
        return None

    server, shard, pid = wait_for(found)
    server.kill()
    kill_crawl(pid)
    return server, shard


def single_run(tmp_path: Path, demo: RunningDemo, words: str) -> Path:
    store = tmp_path / "single"
    code, output = crawl("image_search", store, words, f"demo_port={demo.port}")
    assert code == 0, output
    return store


@pytest.mark.timeout(600)  # servers, two fleets, a run alone, and two judgements
def test_a_fleet_that_loses_a_host_keeps_what_a_single_run_does(
    tmp_path: Path, demo_web: DemoWeb, hosts: tuple[S3, list[Scrapyd]]
) -> None:
    s3, servers = hosts
    demo, words = demo_web(faults="realistic"), recipe(tmp_path, *WORDS)
    asked = (words, f"demo_port={demo.port}")
    with fleet(s3, servers, *asked) as first:
        wait_for(lambda: any(s3.claim(shard) for shard in SHARDS))
        first.send_signal(signal.SIGINT)
        code, output = told(first)
        assert (code, "the crawls go on" in output) == (130, True), output

    with fleet(s3, servers, *asked) as second:
        lost, shard = lose(s3, servers)
        code, output = told(second)
    assert code == 0, output
    assert f"http://127.0.0.1:{lost.port}: no answer" in output
    assert f"{shard} goes to http" in output
    others = [server for server in servers if server is not lost]
    given = Counter(each for server in others for each in shards_of(server, "finished"))
    assert set(given.values()) == {1}, given  # those that ran were adopted
    assert shard in given
    assert f"going on from the ledger {shard} in {s3.url}" in log_of(others, shard)

    before = demo.asked()
    code, output = told(fleet(s3, others, *asked))
    assert (code, output.count("is done")) == (0, 4), output
    assert demo.asked() == before
    assert "goes to" not in output

    assert fetch(s3.url, tmp_path / "all")[0] == 0
    alone = demo_web(faults="realistic")
    single = single_run(tmp_path, alone, words)
    assert kept_in(tmp_path / "all", demo.port) == kept_in(single, alone.port)
    judged = judged_in(single)
    assert judged
    assert judged_in(tmp_path / "all") == judged


def test_a_shard_that_does_not_end_well(
    tmp_path: Path, demo_web: DemoWeb, hosts: tuple[S3, list[Scrapyd]]
) -> None:
    s3, servers = hosts
    asked = (recipe(tmp_path, "blockme"), f"demo_port={demo_web(faults='none').port}")
    code, output = told(fleet(s3, servers, *asked, shards=1))
    assert (code, "did not end well" in output) == (1, True), output
    assert "finished, exit code 1" in output

    code, output = told(fleet(s3, servers, *asked, "recipe=nowhere.toml", shards=2))
    assert (code, "cut otherwise" in output) == (74, True), output


def fleet_over(
    folder: Path, hosts: list[StandIn], *options: str
) -> "subprocess.CompletedProcess[str]":
    urls = [host.url for host in hosts]
    given = ["--shards", "1", "--remote", folder.as_uri(), "--dead-after", "1", *options]
    command = [sys.executable, "-m", "carscrape.fleet", *urls, *given]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_no_host_takes_a_job_any_more(tmp_path: Path) -> None:
    with stand_ins(1) as hosts:
        hosts[0].wrong = {"schedule": NO_PROJECT}
        done = fleet_over(tmp_path, hosts)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("project not found: deploy the project there first\n") == 1
    assert "no host is of use any more" in done.stderr


def test_a_damaged_claim_is_named(tmp_path: Path) -> None:
    shard = tmp_path / "ledger" / "1-of-1"
    shard.mkdir(parents=True)
    (shard / "000001.json").write_text("{")
    with stand_ins(1) as hosts:
        done = fleet_over(tmp_path, hosts)
    assert done.returncode == 74, done.stderr
    assert f"the claim {shard.as_uri()}/000001.json is damaged" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("package", ["requests", "scrapyd_client", "fsspec"])
def test_what_is_not_installed_is_named(package: str) -> None:
    lines = f"import sys; sys.modules[{package!r}] = None"
    line = f"{lines}; from carscrape.fleet.__main__ import main; sys.exit(main())"
    options = ["http://127.0.0.1:1", "--shards", "1", "--remote", "file:///x"]
    command = [sys.executable, "-c", line, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{package}" in done.stderr
    assert "carscrape/requirements-fleet.txt" in done.stderr
    assert done.stderr.count("\n") == 1


def test_hosts_that_cannot_be_used(tmp_path: Path) -> None:
    remote = S3(0, url=f"file://{tmp_path / 'remote'}")
    with scrapyd_in(tmp_path / "bare") as bare:
        code, output = told(fleet(remote, [bare]))
        assert (code, "deploy the project there first" in output) == (2, True), output
    code, output = told(fleet(remote, [bare]))
    assert (code, "no host is of use any more" in output) == (1, True), output


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["http://me:secret@host"], "a password is not for a URL"),
        (["http://me:secret@[bad"], "a password is not for a URL"),
        (["http://me:sec/ret@host"], "a password is not for a URL"),
        (["http://host", "--remote", "s3://me:secret@[bad/x"], "password is not for a URL"),
        (["http://host", "--remote", "me:secret@host"], "password is not for a URL"),
        (["http://host", "--remote", "s3://"], "expected a URL such as s3://bucket/prefix"),
        (["http://host", "-s", "REMOTE_STORE=ftp://me:secret@host"], "got 'REMOTE_STORE'"),
        *((["http://host", bad], f"expected http(s)://HOST:PORT, got {bad!r}") for bad in NO_HOSTS),
        (["http://host", "-a", "jobid=1"], "expected NAME=VALUE, none of"),
        (["http://host", "-a", "shard=1/2"], "expected NAME=VALUE, none of"),
        (["http://host", "--shards", "none"], "expected a whole number"),
    ],
)
def test_what_cannot_be_meant(options: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "carscrape.fleet", "--shards", "2", "--remote", "file:///x"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, expected in done.stderr) == (2, True), done.stderr
    assert "sec" not in done.stderr
