"""A web that serves files as told, good or bad: `python tests/bytes_web.py FOLDER`.

FOLDER holds the bodies, and answers.json with what is said of them: {name: {"status": 200,
"headers": [...], "length": the Content-Length, "chunked": true for chunks without the last}}.
A name is asked as /NAME; the JSON page of the demo web finds them all, on hosts of their own.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOSTS = [f"127.0.0.{last}" for last in range(2, 22)]


def page(names: list[str], port: int, query: str) -> bytes:
    urls = [f"http://{HOSTS[n % len(HOSTS)]}:{port}/{name}" for n, name in enumerate(names)]
    results = [{"image": u, "page": "", "title": "", "thumbnail": "", "licence": ""} for u in urls]
    found = {"query": query, "total": len(urls), "results": results, "next": None}
    return json.dumps(found).encode()


def message(status: int, headers: list[str], body: bytes) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} x", *headers, "", ""]).encode() + body


def answer(folder: Path, path: str, port: int) -> tuple[bytes, bool]:
    """What is sent, and whether the connection is closed then."""
    answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    asked = urlsplit(path)
    name = asked.path.lstrip("/")
    if name == "api/images":
        body = page(list(answers), port, parse_qs(asked.query)["q"][0])
        return message(200, [f"Content-Length: {len(body)}"], body), False
    if name not in answers:  # robots.txt
        return message(404, ["Content-Length: 0"], b""), False
    how = answers[name]
    body = (folder / name).read_bytes()
    headers = how.get("headers", ["Content-Type: image/jpeg"])
    if how.get("chunked"):
        part = f"{len(body):x}\r\n".encode() + body + b"\r\n"
        return message(200, [*headers, "Transfer-Encoding: chunked"], part), True
    headers = [*headers, f"Content-Length: {how.get('length', len(body))}"]
    return message(how.get("status", 200), headers, body), "length" in how


async def serve(folder: Path) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closes = False
        while not closes and (line := await reader.readline()):
            while (await reader.readline()).strip():
                pass
            content, closes = answer(folder, line.decode().split()[1], port)
            writer.write(content)
            await writer.drain()
        writer.close()

    first = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    for host in HOSTS:
        await asyncio.start_server(handle, host, port)
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
