"""A web whose answers are slow, endless or bombs: `python -m tests.slow_web`, see tests/wire.py.

The query names cases: each is an image /CASE on a host of its own; unknown words are pages.
"""

import asyncio
import gzip
import struct
import zlib
from collections.abc import Awaitable, Callable
from functools import cache, partial

import brotli
from backports import zstd

from tests.wire import HOSTS, PNG, Ask, head, page, serve

ENCODINGS = ("gzip", "deflate", "br", "zstd")
BOMB = 100 * 2**20  # bytes it inflates to
_PIECE = bytes(2**16)
_DRIP = 0.05  # seconds between the bytes of what drips
_SIDE = 80
BMP = (
    b"BM"
    + struct.pack("<IHHI", 54 + 3 * _SIDE**2, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, _SIDE, _SIDE, 1, 24, 0, 3 * _SIDE**2, 0, 0, 0, 0)
    + bytes(3 * _SIDE**2)
)


@cache
def bomb(encoding: str) -> bytes:
    """Zeros, at least a thousand times as many as these bytes."""
    zeros = bytes(2**20)
    if encoding == "br":
        compress = brotli.Compressor(quality=1)
        pieces = [compress.process(zeros) for _ in range(BOMB // 2**20)]
        return b"".join([*pieces, compress.finish()])
    stream = {
        "gzip": lambda: zlib.compressobj(wbits=31),
        "deflate": zlib.compressobj,
        "zstd": zstd.ZstdCompressor,
    }[encoding]()
    pieces = [stream.compress(zeros) for _ in range(BOMB // 2**20)]
    return b"".join([*pieces, stream.flush()])


async def drip(ask: Ask, data: bytes) -> None:
    """Send a byte, wait, send the next, and from the end on the last for ever."""
    for place in range(10**6):
        await ask.send(data[place : place + 1] or data[-1:])
        await asyncio.sleep(_DRIP)


async def silent(ask: Ask) -> None:
    while not (ask.writer.is_closing() or ask.reader.at_eof()):
        await asyncio.sleep(_DRIP)


async def head_drip(ask: Ask) -> None:
    await drip(ask, b"HTTP/1.1 200 OK\r\nX: a")


async def body_drip(ask: Ask) -> None:
    await ask.send(head(200, {"Content-Length": "100000"}))
    await drip(ask, PNG)


async def chunk_drip(ask: Ask) -> None:
    await ask.send(head(200, {"Transfer-Encoding": "chunked"}) + b"186a0\r\n")
    await drip(ask, PNG)


async def stops(ask: Ask) -> None:
    await ask.send(head(200, {"Content-Length": str(len(BMP))}) + BMP[:1000])
    await silent(ask)


async def breaks_off(ask: Ask) -> None:
    await ask.send(head(200, {"Content-Length": str(len(BMP))}) + BMP[:1000])
    ask.writer.close()


async def steady(ask: Ask) -> None:
    """Four times as fast as the least rate of the tests, and longer than their grace."""
    await ask.send(head(200, {"Content-Length": str(len(BMP))}))
    for start in range(0, len(BMP), 500):
        await ask.send(BMP[start : start + 500])
        await asyncio.sleep(_DRIP)


async def forever(ask: Ask, frame: bytes = _PIECE) -> None:
    while True:
        await ask.send(frame)


async def ten_gigabytes(ask: Ask) -> None:
    await ask.send(head(200, {"Content-Length": str(10**10)}))
    await forever(ask)


async def endless(ask: Ask) -> None:
    await ask.send(head(200, {"Connection": "close"}))
    await forever(ask)


async def endless_chunked(ask: Ask) -> None:
    await ask.send(head(200, {"Transfer-Encoding": "chunked"}))
    await forever(ask, b"10000\r\n" + _PIECE + b"\r\n")


async def endless_head(ask: Ask) -> None:
    await ask.send(b"HTTP/1.1 200 OK\r\n")
    await forever(ask, b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(60)))


async def longer(ask: Ask) -> None:
    await ask.send(head(200, {"Content-Length": str(len(PNG))}) + PNG + bytes(2**20))


async def bomb_in(encoding: str, ask: Ask) -> None:
    await ask.answer(200, {"Content-Encoding": encoding}, bomb(encoding))


async def nested(ask: Ask) -> None:
    body = gzip.compress(bomb("gzip"))
    await ask.answer(200, {"Content-Encoding": "gzip, gzip"}, body)


async def quine(ask: Ask) -> None:
    names = ", ".join(["gzip"] * 2000)
    await ask.answer(200, {"Content-Encoding": names}, gzip.compress(PNG))


async def moved_bomb(ask: Ask) -> None:
    headers = {"Content-Encoding": "gzip", "Location": "/fine"}
    await ask.answer(302, headers, bomb("gzip"))


async def gone_bomb(ask: Ask) -> None:
    await ask.answer(404, {"Content-Encoding": "gzip"}, bomb("gzip"))


async def down_bomb(ask: Ask) -> None:
    await ask.answer(500, {"Content-Encoding": "br"}, bomb("br"))


async def loop(ask: Ask) -> None:
    await ask.answer(302, {"Location": ask.path}, b"again")


async def long_way(ask: Ask) -> None:
    way, _, hop = ask.path.partition("?")
    if int(hop or 0) == 21:
        await ask.answer(200, {}, PNG)
    else:
        await ask.answer(302, {"Location": f"{way}?{int(hop or 0) + 1}"})


async def short_way(ask: Ask) -> None:
    way, _, hop = ask.path.partition("?")
    if int(hop or 0) == 5:
        await ask.answer(200, {}, PNG)
    else:
        await ask.answer(302, {"Location": f"{way}?{int(hop or 0) + 1}"})


async def to_and_fro(ask: Ask) -> None:
    port = ask.writer.get_extra_info("sockname")[1]
    other = {20: 21}.get(ask.host, 20)
    await ask.answer(302, {"Location": f"http://127.0.0.{other}:{port}/to_and_fro"})


async def refresh(ask: Ask) -> None:
    body = b'<html><meta http-equiv="refresh" content="0; url=/never">'
    await ask.answer(200, {"Content-Type": "text/html", "Refresh": "0; url=/never"}, body)


async def fine(ask: Ask) -> None:
    await ask.answer(200, {"Content-Type": "image/png"}, PNG)


_CASES = (
    *(head_drip, body_drip, chunk_drip, silent, stops, breaks_off, steady),
    *(ten_gigabytes, endless, endless_chunked, endless_head, longer, fine),
    *(nested, quine, moved_bomb, gone_bomb, down_bomb),
    *(loop, long_way, short_way, to_and_fro, refresh),
)
CASES: dict[str, Callable[[Ask], Awaitable[None]]] = {
    **{case.__name__: case for case in _CASES},
    **{f"bomb_{encoding}": partial(bomb_in, encoding) for encoding in ENCODINGS},
}


# --- pages and robots.txt


async def page_of(ask: Ask) -> None:
    """A result page that is no page: a case by its name, or one of these."""
    name = ask.path.partition("q=")[2].partition("&")[0].replace("+", " ")
    if name == "page full":
        body = page(name, [f"http://127.0.0.1:1/{n}" for n in range(40_000)])
        await ask.answer(200, {}, body)
    elif name == "page of 200 MB":
        await ask.send(head(200, {"Content-Length": str(200 * 10**6)}))
        await forever(ask)
    elif name == "page deep":
        await ask.answer(200, {"Content-Type": "text/html"}, b"<div>" * 100_000)
    else:
        await CASES[name.removeprefix("page ").replace(" ", "_")](ask)


ROBOTS = {20: "endless", 19: "gone_bomb"}
"""Hosts whose robots.txt is a case; the others have none."""


async def answer(ask: Ask) -> None:
    name = ask.path.partition("?")[0].lstrip("/")
    if name == "robots.txt" and ask.host in ROBOTS:
        await CASES[ROBOTS[ask.host]](ask)
    elif name == "api/images":
        await page_of(ask)
    elif name in CASES:
        await CASES[name](ask)
    else:
        await ask.answer(404, {})


def found(query: str) -> list[tuple[int, str]]:
    """One image for each word that is a case; `robots` is an image of each host with rules."""
    words = query.split()
    if words == ["robots"]:
        return [(host, "/fine") for host in ROBOTS]
    if not set(words) <= set(CASES):
        return []
    return [(HOSTS[n % len(HOSTS)], f"/{word}") for n, word in enumerate(words)]


if __name__ == "__main__":
    for encoding in ENCODINGS:
        bomb(encoding)
    serve(answer, found)
