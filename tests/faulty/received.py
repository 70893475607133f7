"""`received=FILE`: at its end, write how many bytes of a body each URL's request was handed."""

import atexit
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientResponse, StreamReader


def install(argument: str) -> None:
    received: Counter[str] = Counter()
    real_start, real_iter = ClientResponse.start, StreamReader.iter_any
    urls: dict[int, str] = {}

    async def start(self: ClientResponse, connection: object) -> ClientResponse:
        started = await real_start(self, connection)
        urls[id(self.content)] = str(self.url)
        return started

    async def count(self: StreamReader) -> AsyncIterator[bytes]:
        async for piece in real_iter(self):
            received[urls[id(self)]] += len(piece)
            yield piece

    ClientResponse.start, StreamReader.iter_any = start, count
    atexit.register(lambda: Path(argument).write_text(json.dumps(received)))
