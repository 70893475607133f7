"""Stores beyond this machine: an S3 in a process of its own, and what lies in a store."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from fsspec import get_filesystem_class

from carscrape.demo.web import DEAD_HOST
from carscrape.store import Store
from postprocess.doctor import examine
from postprocess.labels import kept_images
from tests.conftest import ROOT
from tests.postprocess_command import postprocess
from tests.scrapyd_server import wait_for
from tests.surviving import files_in

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "a secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass
class S3:
    """moto's server, with one bucket; what it holds ends with its process."""

    port: int
    process: subprocess.Popen[bytes] | None = None
    url: str = "s3://bucket/some/where"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-p", str(self.port)]
        silent = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdout=silent, stderr=silent)
        wait_for(self._serves)

    def _serves(self) -> bool:
        with suppress(requests.ConnectionError):
            return requests.put(f"{self.endpoint}/bucket", timeout=60).ok
        return False

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def claim(self, shard: str, number: int = 1) -> dict[str, Any]:
        """A claim of a shard, {} if it was not laid yet."""
        answer = self._get(f"/some/where/ledger/{shard}/{number:06}.json")
        found: dict[str, Any] = answer.json() if answer.ok else {}
        return found

    def claims(self, shard: str) -> list[dict[str, Any]]:
        """The claims of a shard, the newest last."""
        listed = self._get(f"?list-type=2&prefix=some/where/ledger/{shard}/").text
        numbers = map(int, re.findall(r"/(\d+)\.json</Key>", listed))
        return [claim for number in sorted(numbers) if (claim := self.claim(shard, number))]

    def _get(self, what: str) -> requests.Response:
        signed = {"Authorization": "AWS a:b"}
        return requests.get(f"{self.endpoint}/bucket{what}", headers=signed, timeout=60)


@dataclass
class Folder:
    """A folder that every machine sees."""

    path: Path

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def claims(self, shard: str) -> list[dict[str, Any]]:
        """The claims of a shard, the newest last."""
        found = sorted((self.path / "ledger" / shard).glob("*.json"))
        return [json.loads(path.read_text()) for path in found]


@contextmanager
def s3_server() -> Iterator[S3]:
    """An S3 that everything started meanwhile finds by its environment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = S3(free.getsockname()[1])
    # One that was reached before would go on to reach an earlier server.
    get_filesystem_class("s3").clear_instance_cache()
    before = dict(os.environ)
    os.environ.update({**ENVIRONMENT, "AWS_ENDPOINT_URL": server.endpoint})
    try:
        server.start()
        yield server
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.kill()


def fetch(url: str, store: Path) -> tuple[int, str]:
    """Bring a remote store here; exit code and all it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "carscrape.remote", "fetch", url, str(store)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def kept_in(store: Path, port: int) -> dict[str, tuple[Any, ...]]:
    """Every URL of a store, however it is cut, with how it ended; its files are there and whole."""
    sql = "select url, outcome, sha256 from image"
    found: dict[str, tuple[Any, ...]] = {}
    with closing(Store(store).rows(sql)) as rows:  # type: ignore[type-var]
        for url, outcome, sha256 in rows:
            # Which images of the dead host are asked before it is given up is chance.
            dead = urlsplit(url).hostname == DEAD_HOST and outcome in ("connection", "host_down")
            ended = ("unreachable", None) if dead else (outcome, sha256)
            assert found.setdefault(url.replace(f":{port}/", "/"), ended) == ended, url
    assert not examine(Store(store))
    named = {sha256 for outcome, sha256 in found.values() if outcome == "stored"}
    assert named == {name.partition(".")[0] for name in files_in(store)}
    return found


def judged_in(store: Path) -> list[dict[str, Any]]:
    """What `postprocess run` keeps of a store, each image with its label and its evidence."""
    done = postprocess("run", store, "--backbone", "demo")
    assert done.returncode == 0, done.stderr
    kept: list[dict[str, Any]] = kept_images(Store(store)).to_pylist()
    return kept
