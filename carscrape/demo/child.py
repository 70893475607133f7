"""The demo web as a child process of a crawl; it ends when its parent does."""

import errno
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scrapy.settings import BaseSettings

from carscrape.demo.web import addresses
from carscrape.ledger import Ledger

_OPTIONS = {"seed": "7", "photos": "", "faults": "realistic", "moods": ""}
"""Options of the demo web with their defaults; each a setting DEMO_<NAME>."""
_START_SECONDS = 30.0
_END_SECONDS = 5.0


class DemoError(Exception):
    """The demo web did not start, or is not this store's; the text is for people."""


@dataclass
class DemoWeb:
    """A demo web that serves: its port, and its process where it is ours to end."""

    port: int
    process: subprocess.Popen[str] | None = None

    @classmethod
    def open(cls, ledger: Ledger, settings: BaseSettings, port: int | None) -> Self:
        """Use the demo web on `port`, or start one on the port this store always had.

        Raises:
            DemoError: it does not start, or the store has another port.
        """
        known_port = ledger.note("demo_port") or "0"
        if port:
            if known_port not in ("0", str(port)):
                raise DemoError(f"this store's URLs have demo_port={known_port}, not {port}")
            ledger.note("demo_port", str(port))
            return cls(port)
        options = {name: _option(name, ledger, settings) for name in _OPTIONS}
        demo = cls._start(options, known_port, ledger.path)
        # Only now: what is noted holds for ever, for the ledger is full of this web's URLs.
        for name, value in options.items():
            ledger.note(f"demo_{name}", value)
        ledger.note("demo_port", str(demo.port))
        return demo

    @classmethod
    def _start(cls, options: dict[str, str], port: str, ledger: Path) -> Self:
        """Start the web, its state and its complaints in files beside the ledger."""
        log = ledger.with_suffix(".demo.log")
        arguments = {**options, "port": port, "state": str(ledger.with_suffix(".demo"))}
        # Inside an egg the package is importable only through our own search path.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with log.open("w", encoding="utf-8") as errors:  # nobody would empty a pipe
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "carscrape.demo"]
                + [f"--{name}={value}" for name, value in arguments.items() if value],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for the crawl, which still needs its web
            )
        assert process.stdout
        answered, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
        line = process.stdout.readline() if answered else ""
        if line.startswith("demo web on http://"):
            return cls(int(line.rpartition(":")[2]), process)
        _end(process)
        silence = f"the demo web did not serve within {_START_SECONDS:.0f} seconds"
        raise DemoError(_reason(log, port) if answered else silence)

    @property
    def addresses(self) -> frozenset[tuple[str, int]]:
        """The loopback addresses and port that the guard lets pass."""
        return addresses(self.port)

    def close(self) -> None:
        """End the process, if it is ours: at the end of its input it stops."""
        if self.process:
            _end(self.process)


def _option(name: str, ledger: Ledger, settings: BaseSettings) -> str:
    noted = ledger.note(f"demo_{name}")
    return str(settings.get(f"DEMO_{name.upper()}", _OPTIONS[name])) if noted is None else noted


def _reason(log: Path, port: str) -> str:
    """What a demo web that ended said last, or what to do about it."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    last = lines[-1] if lines else "the demo web ended before it served"
    if port != "0" and os.strerror(errno.EADDRINUSE) in last:
        return f"port {port} of this store's demo web is taken: end the program that holds it"
    return last


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
