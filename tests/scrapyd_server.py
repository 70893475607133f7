"""A real Scrapyd in a process of its own, which can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.crawling import SETTINGS

PATIENCE = 180.0  # seconds
USER = ("crawler", "a password")
CONFIGURATION = """\
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
username = {user[0]}
password = {user[1]}
poll_interval = 0.5
max_proc = 1
"""


def wait_for(happened: Callable[[], Any]) -> Any:
    """What it returns, once that is true."""
    end = time.monotonic() + PATIENCE
    while not (result := happened()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return result


@dataclass
class Scrapyd:
    """A server in a folder of its own, which can be killed and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "scrapyd.log").open("ab") as log:
            command = [sys.executable, "-m", "scrapyd", "--pidfile="]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        wait_for(self.serves)

    def kill(self) -> None:
        """End it with no chance to tell its jobs."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def serves(self) -> bool:
        with suppress(requests.ConnectionError):
            return self.ask("daemonstatus")["status"] == "ok"
        return False

    def ask(self, verb: str, **options: Any) -> dict[str, Any]:
        method = "POST" if options else "GET"
        url = f"http://127.0.0.1:{self.port}/{verb}.json"
        answer = requests.request(method, url, auth=USER, timeout=PATIENCE, **options)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        assert told["status"] == "ok", told
        return told

    def schedule(self, store: Path, *settings: str, **arguments: Any) -> str:
        chosen = [*SETTINGS, *settings, f"STORE={store}"]
        data = {"project": "carscrape", "spider": "image_search", "setting": chosen, **arguments}
        return str(self.ask("schedule", data=data)["jobid"])

    def jobs(self, state: str) -> dict[str, dict[str, Any]]:
        """Jobs by their id; state as Scrapyd calls it: pending, running, finished."""
        return {job["id"]: job for job in self.ask("listjobs")[state]}


@contextmanager
def scrapyd_in(folder: Path) -> Iterator[Scrapyd]:
    """A Scrapyd without projects, in a new folder; its crawls end with it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir()
    (folder / "scrapyd.conf").write_text(CONFIGURATION.format(port=port, user=USER))
    server = Scrapyd(folder, port)
    try:
        server.start()
        yield server
    finally:
        with suppress(requests.ConnectionError):
            for job in server.jobs("running").values():
                kill_crawl(job["pid"])
        server.kill()


def kill_crawl(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
