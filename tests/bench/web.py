"""A web that answers as fast as Python can: `python -m tests.bench.web BYTES [MISSING]`.

It has the addresses of the demo web, so a crawl asks it by `-a demo_port`. Its images are one JPEG
of about BYTES bytes in which each URL has a comment of its own: no two bodies are equal. With
MISSING every image is answered 404. It prints its port, and ends with its input.
"""

import asyncio
import json
import random
import re
import socket
import sys
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from carscrape.demo.web import FRONT, HOSTS

PAGE_SIZE = 50  # of the demo engine
PER_QUERY = 100  # as the recipe cars
_BACKLOG = 1024
_SEND_BUFFER = 1 << 18  # bytes; an image leaves in one call
_COMMENT = 32  # bytes of the URL's own
_ROBOTS = b"User-agent: *\nDisallow: /private/\n"
_ASKED = re.compile(rb"GET (\S+) HTTP")


def jpeg(size: int) -> bytes:
    """A noisy picture of 4:3 with as many pixels as fit into `size` bytes."""
    # Bisected, for the bytes grow with the pixels; at this noise, one takes about two bits.
    least, most = 16, 2048
    while most - least > 4:
        width = (least + most) // 2
        if len(_jpeg(width)) > size:
            most = width
        else:
            least = width
    return _jpeg(least)


def _jpeg(width: int) -> bytes:
    size = (width, width * 3 // 4)
    noise = Image.frombytes("L", size, random.Random(7).randbytes(size[0] * size[1]))
    shade = Image.linear_gradient("L").resize(size)
    turned = shade.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    bands = [Image.blend(band, noise, 0.2) for band in (shade, turned, turned)]
    file = BytesIO()
    Image.merge("RGB", bands).save(file, "JPEG", quality=80)
    return file.getvalue()


def url(number: int, port: int) -> str:
    """Where the image with this number lies."""
    return f"http://{HOSTS[number % len(HOSTS)]}:{port}/img/{number}.jpg"


def page(query: str, offset: int, port: int) -> bytes:
    """A page of results as the demo's JSON API gives it; the query ends in its number."""
    first = int(query.rpartition(" ")[2]) * PER_QUERY + offset
    results = [
        {
            "image": url(number, port),
            "page": f"http://{FRONT}:{port}/page/{number}",
            "title": f"picture {number} of {query}",
            "thumbnail": f"http://{FRONT}:{port}/thumb/{number}.jpg",
            "width": 640,
            "height": 480,
            "licence": "",
        }
        for number in range(first, first + PAGE_SIZE)
    ]
    following = offset + PAGE_SIZE
    more = following if following < PER_QUERY else None
    answer = {"query": query, "total": PER_QUERY, "results": results, "next": more}
    return json.dumps(answer).encode()


def http(body: bytes, kind: str, status: str = "200 OK") -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Answers:
    """What every URL is answered."""

    def __init__(self, size: int, missing: bool) -> None:
        picture = jpeg(size)
        comment = b"\xff\xfe" + (_COMMENT + 2).to_bytes(2) + bytes(_COMMENT)
        whole = http(picture[:2] + comment + picture[2:], "image/jpeg")
        self._before, self._after = whole.split(bytes(_COMMENT), 1)
        self._missing = http(b"404\n", "text/plain", "404 Not Found") if missing else b""
        self.port = 0

    def to(self, path: bytes) -> bytes:
        """The answer to a path."""
        if path.startswith(b"/img/"):
            return self._missing or self._before + path.ljust(_COMMENT) + self._after
        if path == b"/robots.txt":
            return http(_ROBOTS, "text/plain")
        if path.startswith(b"/api/images?"):
            asked = parse_qs(urlsplit(path.decode()).query)
            found = page(asked["q"][0], int(asked["offset"][0]), self.port)
            return http(found, "application/json")
        return http(b"", "text/plain")


class Connection(asyncio.Protocol):
    """Answers one request after the other; no client here sends a second before an answer."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self._read.endswith(b"\r\n\r\n"):
            asked = _ASKED.match(self._read)
            self._read = b""
            assert asked
            self._transport.write(self._answers.to(asked[1]))


async def serve(answers: Answers) -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    for address in (FRONT, *HOSTS):
        listener = socket.create_server((address, answers.port), backlog=_BACKLOG)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        answers.port = listener.getsockname()[1]
        await loop.create_server(lambda: Connection(answers), sock=listener)
    print(answers.port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Answers(int(sys.argv[1]), "MISSING" in sys.argv[2:])))
