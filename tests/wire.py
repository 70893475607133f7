"""The frame of hand-written webs: the demo web's addresses and JSON page, answers byte by byte.

A web is a script that gives `serve` a function for the answers and one for the URLs of a query.
It keeps a record of every request, which `/_record` answers as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8ffff3f0005fe02fedccc59e70000000049454e44ae426082"
)
HOSTS = range(2, 22)  # last numbers of the addresses images may lie at


@dataclass
class Ask:
    """A request as the server saw it."""

    host: int  # last number of the address
    path: str
    agent: str
    at: float  # monotonic
    open: int  # requests of this host that were not answered yet, this one included
    sent: int = 0  # bytes that the connection took
    ended: float = 0.0  # monotonic; when the answer was sent or the connection lost
    reader: Any = field(default=None, repr=False)
    writer: Any = field(default=None, repr=False)

    async def send(self, data: bytes) -> None:
        """Send bytes; raises ConnectionError where the other side is gone."""
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)
        if self.writer.is_closing():
            raise ConnectionResetError

    async def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """Send a whole answer."""
        await self.send(head(status, {"Content-Length": str(len(body)), **headers}) + body)


Answer = Callable[[Ask], Awaitable[None]]
Found = Callable[[str], list[tuple[int, str]]]


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def serve(answer: Answer, found: Found) -> None:
    """Serve until the input ends. `found` gives (host, path) for each image of a query."""
    asyncio.run(_serve(answer, found))


async def _serve(answer: Answer, found: Found) -> None:
    record: list[Ask] = []
    open_: Counter[int] = Counter()

    async def one(ask: Ask) -> None:
        parts = urlsplit(ask.path)
        query = parse_qs(parts.query).get("q", [""])[0]
        if parts.path == "/_record":
            rows = [{**vars(one), "reader": None, "writer": None} for one in record]
            await ask.answer(200, {}, json.dumps(rows).encode())
            return
        record.append(ask)
        open_[ask.host] += 1
        ask.open = open_[ask.host]
        try:
            if parts.path == "/api/images" and (urls := found(query)):
                images = [f"http://127.0.0.{host}:{port}{path}" for host, path in urls]
                await ask.answer(200, {}, page(query, images))
            else:
                await answer(ask)
        finally:
            open_[ask.host] -= 1
            ask.ended = time.monotonic()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = int(writer.get_extra_info("sockname")[0].rpartition(".")[2])
        with suppress(ConnectionError):
            while line := await reader.readline():
                headers = {}
                while (header := await reader.readline()).strip():
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                agent = headers.get("user-agent", "")
                path = line.decode().split()[1]
                await one(Ask(host, path, agent, time.monotonic(), 0, 0, 0.0, reader, writer))
                if writer.is_closing():
                    break
        writer.close()

    first = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    for number in HOSTS:
        await asyncio.start_server(handle, f"127.0.0.{number}", port)
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def page(query: str, images: list[str]) -> bytes:
    rest = {"page": "", "title": "", "thumbnail": "", "licence": ""}
    results = [{"image": image, **rest} for image in images]
    return json.dumps(
        {"query": query, "total": len(images), "results": results, "next": None}
    ).encode()


@dataclass
class Running:
    """A web in a process of its own, as a test sees it."""

    port: int

    @property
    def argument(self) -> str:
        return f"demo_port={self.port}"

    def record(self) -> list[Ask]:
        """Every request so far, in order."""
        with urlopen(f"http://127.0.0.1:{self.port}/_record") as answer:
            return [Ask(**row) for row in json.load(answer)]

    def asks(self, path: str) -> list[Ask]:
        """The requests for one path, in order."""
        return [ask for ask in self.record() if ask.path == path]


@contextmanager
def running(script: str, *arguments: str) -> Iterator[Running]:
    """Start a web of this folder by its file name."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.{script}", *arguments],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield Running(int(process.stdout.readline()))
        process.kill()
