"""The demo web as a child process of a crawl; it ends when its parent does."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Self

from scrapy.settings import BaseSettings

from carscrape.demo.web import addresses
from carscrape.ledger import Ledger

_OPTIONS = {"seed": "7", "photos": "", "faults": "realistic"}
"""Options of the demo web with their defaults; each a setting DEMO_<NAME>."""


class DemoError(Exception):
    """The demo web did not start; the text is for people."""


@dataclass
class DemoWeb:
    """A demo web that serves: its port, and its process where it is ours to end."""

    port: int
    process: subprocess.Popen[str] | None = None

    @classmethod
    def open(cls, ledger: Ledger, settings: BaseSettings, port: int | None) -> Self:
        """Use the demo web on `port`, or start one on the port this store always had.

        Raises:
            DemoError: it does not start.
        """
        if port:
            return cls(port)
        arguments = []
        for name, default in _OPTIONS.items():
            # What the first run noted holds for ever: the ledger is full of this web's URLs.
            value = ledger.note(f"demo_{name}")
            if value is None:
                value = ledger.note(f"demo_{name}", settings.get(f"DEMO_{name.upper()}", default))
            arguments += [f"--{name}", value] if value else []
        known_port = ledger.note("demo_port") or "0"
        state = ledger.path.with_suffix(".demo")
        demo = cls._start([*arguments, "--port", known_port, "--state", str(state)])
        ledger.note("demo_port", str(demo.port))
        return demo

    @classmethod
    def _start(cls, arguments: list[str]) -> Self:
        # Inside an egg the package is importable only through our own search path.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "carscrape.demo", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the crawl, which still needs its web
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line.startswith("demo web on http://"):
            _, errors = process.communicate()
            raise DemoError(errors.strip() or "the demo web ended before it served")
        return cls(int(line.rpartition(":")[2]), process)

    @property
    def addresses(self) -> frozenset[tuple[str, int]]:
        """The loopback addresses and port that the guard lets pass."""
        return addresses(self.port)

    def close(self) -> None:
        """End the process, if it is ours: at the end of its input it stops."""
        if self.process:
            self.process.communicate()
