"""What cannot be run on Ray, or needs it, says so in a line; nobody else needs it."""

import socket
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from odd_stages import Obeys
from stores import make_store

from postprocess.stage import StageError
from postprocess.usage import UsageError
from tests.conftest import ROOT

WITHOUT = """\
import sys
sys.modules["{}"] = None
from postprocess.cli import main
sys.exit(main())
"""


def test_a_node_that_would_judge_otherwise() -> None:
    from postprocess.executors.ray_workers import Judge, answered

    judge = Judge(Obeys(), "the key of another version")
    with pytest.raises(StageError, match="obeys is not the same on the node"):
        answered(judge(pa.table({"answer": []})))


@pytest.mark.parametrize(
    ("verb", "options", "told"),
    [
        ("run", (), "python -m carscrape.remote fetch s3://bucket/x STORE), or judge"),
        ("status", (), "python -m carscrape.remote fetch s3://bucket/x STORE)\n"),
        ("run", ("--engine", "ray"), "install carscrape/requirements-remote.txt"),
    ],
)
def test_a_url_where_a_folder_is_needed(verb: str, options: tuple[str, ...], told: str) -> None:
    without = WITHOUT.format("fsspec")
    command = [sys.executable, "-c", without, verb, "s3://bucket/x", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (
            ("--engine", "ray"),
            2,
            "Ray is not installed here: install postprocess/requirements-ray.txt",
        ),
        (("--address", "127.0.0.1:1"), 2, "--address is that of a Ray cluster: say --engine ray"),
        ((), 1, "postprocess: no image was kept"),  # and so it was judged
    ],
)
def test_nobody_else_needs_ray(
    tmp_path: Path, options: tuple[str, ...], code: int, told: str
) -> None:
    store = make_store(tmp_path, [b"1"])
    command = [sys.executable, "-c", WITHOUT.format("ray"), "verify", str(store.root), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_address_where_something_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from postprocess.executors import ray

    monkeypatch.setattr(ray, "_STATUS_PATIENCE", 8.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with (
            pytest.raises(UsageError, match=f"no Ray cluster at {address}: what answers there"),
            ray.on_ray(address, None),
        ):
            pass


def test_an_address_where_nobody_is(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    options = ["--engine", "ray", "--address", "127.0.0.1:1"]
    command = [sys.executable, "-m", "postprocess", "verify", str(store.root), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("postprocess: no Ray cluster at 127.0.0.1:1: ")
    assert done.stderr.count("\n") == 1
