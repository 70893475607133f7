"""The demo web with a record of its requests, its answers to engines' questions a little late.

`python -m tests.timed_demo OPTIONS`, options as of the demo web; `/_timeline` is the record.
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from urllib.request import urlopen

from aiohttp import web

from carscrape.demo.__main__ import main
from carscrape.demo.moods import engine_of
from carscrape.demo.server import Server
from tests.conftest import RunningDemo

LATE = 0.1  # seconds; what is asked together is then open together


@dataclass
class Asked:
    """A request as the server saw it; times are monotonic seconds."""

    path: str
    engine: str  # "" for an image
    began: float
    ended: float = 0.0


class Timeline(dict[str, list[Asked]]):
    """Engine -> what it was asked, in order."""

    @classmethod
    def of(cls, demo: RunningDemo) -> "Timeline":
        """What was asked so far."""
        with urlopen(f"{demo.base}/_timeline") as answer:
            record = [Asked(**entry) for entry in json.load(answer)]
        engines: defaultdict[str, list[Asked]] = defaultdict(list)
        for one in record:
            engines[one.engine].append(one)
        return cls(engines)

    def lasted(self, engine: str) -> float:
        """Seconds from the first question to the last; single gaps are noise where both wait."""
        return self[engine][-1].began - self[engine][0].began

    def most_open(self, engine: str) -> int:
        """Most questions that were open at one moment."""
        asked = self[engine]
        return max(sum(one.began <= at.began < one.ended for one in asked) for at in asked)

    def overlap(self, one: str, other: str) -> bool:
        """Whether two engines were ever busy at once."""
        return any(a.began < b.ended and b.began < a.ended for a in self[one] for b in self[other])

    def between(self, engine: str, began: float, ended: float) -> list[Asked]:
        """What was asked after one moment and before another."""
        return [one for one in self[engine] if began < one.began < ended]


_record: list[Asked] = []


@web.middleware
async def _timed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.path == "/_timeline":
        return web.json_response([asdict(one) for one in _record])
    asked = Asked(request.raw_path, engine_of(request.raw_path), time.monotonic())
    _record.append(asked)
    response = await handler(request)
    if asked.engine:
        await asyncio.sleep(LATE)
    asked.ended = time.monotonic()
    return response


def _record_all() -> None:
    real = Server.app

    def app(self: Server) -> web.Application:
        made = real(self)
        made.middlewares.append(_timed)
        return made

    Server.app = app  # type: ignore[method-assign]


if __name__ == "__main__":
    _record_all()
    sys.exit(main())
