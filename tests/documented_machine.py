"""A machine on which the documents are followed word for word, in a folder instead of at /.

What needs root or the internet is a stub: apt-get, useradd, systemctl, pip, the owner in `install`.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.conftest import ROOT

_STUBS = {
    "apt-get": "",
    "useradd": "",
    "systemctl": "",
    "pip": "",
    "install": """\
kept=()
while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2;; *) kept+=("$1"); shift;; esac; done
exec /usr/bin/install "${kept[@]}\"""",
    "python3": "mkdir -p $3/bin; cp $(dirname $0)/{pip,scrapy,scrapyd} $3/bin",  # -m venv .venv
    "scrapy": 'exec PYTHON -W ignore -m scrapy "$@"',
    "scrapyd": 'exec PYTHON -W ignore -m scrapyd "$@"',
    "scrapyd-deploy": 'exec PYTHON -W ignore -m scrapyd_client.deploy "$@"',
}
_TREE = ("carscrape", "postprocess", "deploy")
_FILES = ("scrapy.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE")


def commands(document: str, after: str) -> list[str]:
    """The lines of the first block of commands behind some words."""
    text = (ROOT / document).read_text("utf-8").partition(after)[2]
    return text.partition("```sh\n")[2].partition("```")[0].splitlines()


@dataclass
class Machine:
    """A folder that stands for a machine's /, on which Scrapyd has a port of its own."""

    root: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, line in _STUBS.items():
            stub = self.root / "bin" / name
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text(f"#!/bin/bash\n{line.replace('PYTHON', sys.executable)}\n")
            stub.chmod(0o755)
        for folder in ("home", "etc/systemd/system", "var/lib/scrapyd", "var/lib/carscrape"):
            (self.root / folder).mkdir(parents=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CARSCRAPE_")}
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        self.environment = {**inherited, "PATH": path, "HOME": str(self.root / "home")}

    def here(self, text: str) -> str:
        """What a text of the documents means on this machine, which nobody else may reach."""
        text = re.sub(r"(?<![\w/])/(opt/|etc/|var/lib/)", rf"{self.root}/\1", text)
        return re.sub(r"(?<=[:= ])6800\b", str(self.port), text).replace("0.0.0.0", "127.0.0.1")

    def check_out(self, folder: str) -> Path:
        """Put a copy of the project into a folder."""
        tree = self.root / folder
        for name in _TREE:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        for name in _FILES:
            shutil.copy(ROOT / name, tree)
        for path in (*(tree / "deploy").iterdir(), tree / "scrapy.cfg"):
            path.write_text(self.here(path.read_text("utf-8")), "utf-8")
        return tree

    def run(self, command: str, folder: Path) -> str:
        """Type a command; what it prints."""
        done = subprocess.run(
            ["bash", "-ec", self.here(command)],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def jobs(self, password: str) -> dict[str, Any]:
        """What Scrapyd says of its jobs; {} if it does not answer."""
        url = f"http://127.0.0.1:{self.port}/listjobs.json"
        with suppress(requests.ConnectionError):
            answer = requests.get(url, auth=("carscrape", password), timeout=60)
            return dict(answer.json())
        return {}


def machine_in(folder: Path) -> Machine:
    """A machine that has nothing yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Machine(folder, free.getsockname()[1])
