"""The image stages on a Ray cluster of two nodes say what they say on one machine.

One store lies in an object store, of which the nodes take its images; one in a folder.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stores import Found, make_store
from test_killed_stages import ask, images, judged, parts

from carscrape.remote.keeper import Keeper
from carscrape.remote.objects import Objects
from carscrape.store import Store
from postprocess.doctor import examine
from postprocess.verdicts import Verdicts
from tests.backends import TOLERANCE
from tests.conftest import ROOT
from tests.object_store import S3, fetch, s3_server
from tests.ray_cluster import ENVIRONMENT, ray_cluster
from tests.scrapyd_server import wait_for

KILLED = -9
FLOATS = ("score", "top1_probability", "sharpness")


def started(
    verb: str, store: Path | str, *options: str, faults: tuple[str, ...] = ()
) -> "subprocess.Popen[str]":
    network = ("--backbone", "demo") if verb == "run" else ()
    command = ["-m", "tests.faulty.postprocess", *faults, "--", verb, str(store), *network]
    return subprocess.Popen(
        [sys.executable, *command, *options],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code, and what it said on stderr."""
    _, said = process.communicate(timeout=400)
    print(said)
    assert "Traceback" not in said
    return process.returncode, said


def run(
    verb: str, store: Path | str, *options: str, faults: tuple[str, ...] = ()
) -> tuple[int, str]:
    return ended(started(verb, store, *options, faults=faults))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with hostile images, judged on this machine alone."""
    found = list(images(240))
    hostile = [
        Found(found[n].content + end) for n, end in ((3, b"crash"), (6, b"hang"), (9, b"greed"))
    ]
    store = make_store(tmp_path_factory.mktemp("whole"), [*hostile, *found])
    ask(store, 0.1)
    assert run("run", store.root, faults=("lost_workers=",)) == (0, "")
    return store


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where workers that wait to be killed say so."""
    return tmp_path_factory.mktemp("lost")


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(lost: Path, s3: S3) -> Iterator[tuple[str, ...]]:
    with ray_cluster(LOST_WORKERS=str(lost)) as nodes:
        yield ("--engine", "ray", "--address", nodes.address)


def unjudged(store: Store, folder: Path) -> Store:
    """A copy of a store, without what was said of it."""
    shutil.copytree(store.root, folder, ignore=shutil.ignore_patterns("verdicts"))
    return Store(folder)


def kill(note: Path) -> None:
    wait_for(note.exists)
    os.kill(int(note.read_text()), signal.SIGKILL)


def assert_same(store: Store, whole: Store) -> None:
    """Every verdict the same, but for the last digits of what a network computes."""
    for (generation, rows), (usual, usual_rows) in zip(judged(store), judged(whole), strict=True):
        assert generation == usual
        for row, other in zip(rows, usual_rows, strict=True):
            for name in FLOATS:
                assert row.pop(name, 0) == pytest.approx(other.pop(name, 0), abs=TOLERANCE)
            assert row == other


def assert_judged_once(store: Store) -> None:
    for generation, rows in judged(store):
        written = Verdicts(store).parts(generation.stage, generation.key)
        ids = [id_ for part in written for id_ in pq.read_table(part)["id"].to_pylist()]
        assert sorted(ids) == [row["id"] for row in rows]


def send(store: Store, url: str) -> None:
    """Keep a store at a URL, as a crawl does."""
    keeper, objects = Keeper(url, store, "all", 60.0), Objects(url)
    keeper.take()
    keeper.save()
    for path in store.root.glob("*.*"):
        objects.write(path.name, path.read_bytes())


@pytest.mark.timeout(600)
def test_killed_workers_and_hostile_images_change_no_verdict(
    tmp_path: Path, whole: Store, s3: S3, cluster: tuple[str, ...], lost: Path
) -> None:
    send(unjudged(whole, tmp_path / "crawled"), s3.url)
    process = started("run", s3.url, *cluster, faults=(f"lost_workers={lost}",))
    try:
        kill(lost / "verify")
        kill(lost / "subject")
        assert ended(process) == (0, "")
    finally:
        process.kill()
        process.communicate()
    store = Store(tmp_path / "brought")
    assert fetch(s3.url, store.root)[0] == 0
    assert_same(store, whole)
    assert_judged_once(store)
    assert not examine(store)
    reasons = Counter(row["reason"] for row in judged(store)[0][1])
    assert reasons["decoder_failed"] == 3
    judges = sorted(lost.glob("device-*"))
    assert {judge.read_text() for judge in judges} == {"0"}  # of each node its one GPU
    assert len(judges) >= 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("stage", ["verify", "subject"])
def test_a_lost_node_changes_no_verdict(tmp_path: Path, whole: Store, stage: str) -> None:
    store, lost = unjudged(whole, tmp_path / "store"), tmp_path / "lost"
    lost.mkdir()
    for other in {"verify", "subject"} - {stage}:
        (lost / other).touch()  # nobody waits there
    with ray_cluster(LOST_WORKERS=str(lost)) as cluster:
        options = ("--engine", "ray", "--address", cluster.address)
        process = started("run", store.root, *options, faults=(f"lost_workers={lost}",))
        try:
            wait_for((lost / stage).exists)
            cluster.lose_node()
            with suppress(ProcessLookupError):  # it may have been on the node that is left
                kill(lost / stage)
            assert ended(process) == (0, "")
        finally:
            process.kill()
            process.communicate()
    assert_same(store, whole)
    assert_judged_once(store)
    assert not examine(store)


@pytest.mark.timeout(600)
def test_what_was_begun_on_ray_goes_on_here_and_the_other_way_round(
    tmp_path: Path, whole: Store, cluster: tuple[str, ...]
) -> None:
    store = unjudged(whole, tmp_path / "store")
    for options, point in ((cluster, "named:2"), ((), "written:2")):
        before = parts(store)
        fault = f"killed_writing=verify:{point}"
        assert run("verify", store.root, *options, faults=(fault,))[0] == KILLED
        assert before.items() < parts(store).items()
    assert run("verify", store.root, *cluster)[0] == 0
    assert judged(store)[0][0] == judged(whole)[0][0]
    usual = [row for row in judged(whole)[0][1] if row["reason"] != "decoder_failed"]
    ids = {row["id"] for row in usual}
    assert [row for row in judged(store)[0][1] if row["id"] in ids] == usual
    assert_judged_once(store)


@pytest.mark.timeout(600)
def test_a_driver_killed_while_it_sends_loses_no_more_than_it_held(
    tmp_path: Path, whole: Store, s3: S3, cluster: tuple[str, ...]
) -> None:
    """Its node may be gone with all that lay on it: another goes on with what had been sent."""
    url = "s3://bucket/another/place"
    send(unjudged(whole, tmp_path / "crawled"), url)
    sent = 0
    for point in ("verify:named:2", "current:named:3"):  # fetched, verify begun, verify done
        faults = ("lost_workers=", f"killed_writing={point}")
        assert run("run", url, *cluster, faults=faults)[0] == KILLED
        store = Store(tmp_path / point.replace(":", "-"))
        assert fetch(url, store.root)[0] == 0
        assert all("have no verdict of verify" in said for said in examine(store))
        assert [generation.stage for generation in Verdicts(store).current()] == ["verify"]
        assert len(parts(store)) > sent
        sent = len(parts(store))
    assert run("run", url, *cluster, faults=("lost_workers=",)) == (0, "")
    store = Store(tmp_path / "brought")
    assert fetch(url, store.root)[0] == 0
    assert_same(store, whole)
    assert_judged_once(store)
    assert not examine(store)


def test_a_node_that_does_not_see_the_store(
    tmp_path: Path, whole: Store, cluster: tuple[str, ...]
) -> None:
    store = unjudged(whole, tmp_path / "store")
    shutil.rmtree(store.images_dir)
    code, said = run("verify", store.root, *cluster)
    assert code == 1
    assert f"sees no {store.root}: a store must lie where every node" in said
    assert said.count("\n") == 1
