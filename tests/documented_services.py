"""A Scrapyd started as the documents have it: by the systemd unit, and by the container file."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.documented_machine import Machine, commands
from tests.scrapyd_server import wait_for


@dataclass
class Service:
    """A Scrapyd as a document has it started."""

    machine: Machine
    conf: Path
    folder: Path
    check: list[str]  # what has to pass before
    command: list[str]
    environment: dict[str, str]

    def __post_init__(self) -> None:
        home = self.machine.root / "var/lib/scrapyd"
        (home / ".scrapyd.conf").symlink_to(self.conf)  # else it reads the real /etc alone
        self.environment = {**self.machine.environment, **self.environment, "HOME": str(home)}

    @property
    def password(self) -> str:
        """The one that was drawn."""
        (password,) = re.findall(r"^password *= (\w{32})$", self.conf.read_text("utf-8"), re.M)
        return str(password)

    def may_start(self) -> bool:
        """Whether its check passes."""
        return subprocess.run(self.check, cwd=self.folder, env=self.environment).returncode == 0

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Run it; its crawls end with it."""
        path = self.machine.root / "scrapyd.log"
        with path.open("wb") as log:
            server = subprocess.Popen(
                self.command, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        try:
            wait_for(lambda: server.poll() is not None or self.machine.jobs(self.password))
            assert server.poll() is None, path.read_text("utf-8")
            yield
        finally:
            server.terminate()
            server.wait(60)


def from_unit(machine: Machine) -> Service:
    """Follow docs/operations.md as root, as far as systemd."""
    tree = machine.check_out("opt/carscrape")
    for line in commands("docs/operations.md", "## A server, step by step"):
        machine.run(line, tree)
    text = (machine.root / "etc/systemd/system/scrapyd.service").read_text("utf-8")
    unit = dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z]\w+=", line))
    given = Path(unit["EnvironmentFile"].removeprefix("-")).read_text("utf-8").split()
    return Service(
        machine,
        machine.root / "etc/scrapyd/scrapyd.conf",
        Path(unit["WorkingDirectory"]),
        shlex.split(unit["ExecStartPre"]),
        shlex.split(unit["ExecStart"]),
        dict(pair.split("=", 1) for pair in (*given, unit["Environment"])),
    )


def from_containerfile(machine: Machine) -> Service:
    """Follow deploy/Containerfile: the first command of its head here, its steps in the image."""
    tree = machine.check_out("clone")
    text = (tree / "deploy" / "Containerfile").read_text("utf-8").replace("\\\n", "")
    (make_conf,) = re.findall(r"^#   (sed .*)$", text, re.M)
    machine.run(make_conf, tree)
    folder, environment, command = machine.root, {}, [""]
    for step, value in re.findall(r"^([A-Z]+) (.*)$", text, re.M):
        if step == "WORKDIR":
            folder = Path(value)
            folder.mkdir(parents=True)
        elif step == "COPY":
            source, target = value.split()
            _copy(tree / source, folder / target)
        elif step == "RUN":
            machine.run(value, folder)
        elif step == "ENV":
            environment.update([value.split("=", 1)])
        elif step == "CMD":
            command = json.loads(value)
    check = ["sh", "-c", command[-1].partition(" && ")[0]]
    return Service(machine, tree / "scrapyd.conf", folder, check, command, environment)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)
