"""What a person sees of a fleet: a line per host, and what happens as it happens."""

import sys
import time

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from carscrape.fleet.hosts import Host
from carscrape.fleet.plan import Part

_SECONDS = 30.0  # between the lines where there is no terminal


class Progress:
    """A line for each host: live on a terminal, else every half a minute."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, auto_refresh=False)
        self._shown = 0.0
        self._said = ""
        if sys.stderr.isatty():
            self._live.start()

    def say(self, line: str) -> None:
        """Tell what happened; what goes on is told once."""
        if line == self._said:
            return
        self._said = line
        self._console.print(Text(f"{time.strftime('%H:%M:%S')} {line}"))

    def show(self, hosts: list[Host], parts: list[Part]) -> None:
        """Show where every host stands."""
        lines = [Text(host_line(host, parts)) for host in hosts]
        if self._live.is_started:
            self._live.update(Group(*lines), refresh=True)
        elif time.monotonic() - self._shown >= _SECONDS:
            self._shown = time.monotonic()
            for line in lines:
                self._console.print(line)

    def end(self) -> None:
        """Leave the last lines where they are."""
        self._live.stop()


def host_line(host: Host, parts: list[Part]) -> str:
    """What a host does, in a line."""
    if not host.answers:
        return f"{host.url}: {host.problem}, for {host.useless:.0f} s"
    doing = [
        _part_line(part, host.jobs[part.name].state) for part in parts if part.name in host.jobs
    ]
    return f"{host.url}: " + (" · ".join(doing) or "nothing to do")


def _part_line(part: Part, state: str) -> str:
    claim = part.claim
    if state == "pending" or claim is None or not claim.asked:
        return f"{part.name} {state}"
    line = f"{part.name} {claim.answered:,} of {claim.asked:,} queries"
    if claim.urls:
        line += f", {claim.stored:,} images stored, {claim.urls - claim.ended:,} to go"
    return line
