"""A web of one process whose answers no HTTP library is glad of: `python tests/odd_web.py`.

It has the addresses of the demo web and its JSON page, so a crawl asks it by `-a demo_port`. The
query "all" finds one image per case, a query that names a case gets a page served that way.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8ffff3f0005fe02fedccc59e70000000049454e44ae426082"
)
DATE = "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"

CASES: dict[str, tuple[int, list[str]]] = {
    "gzip": (200, ["Content-Encoding: gzip"]),
    "deflate": (200, ["Content-Encoding: deflate"]),
    "br": (200, ["Content-Encoding: br"]),
    "zstd": (200, ["Content-Encoding: zstd"]),
    "charset": (200, ["Content-Type: text/html; charset=undefined"]),
    "idna": (200, ["Content-Type: text/html; charset=idna"]),
    "bracket": (302, ["Location: http://["]),
    "port": (302, ["Location: http://127.0.0.1:99999/"]),
    "noport": (302, ["Location: http://x:abc/"]),
    "mailto": (302, ["Location: mailto:a@b.example"]),
    "nowhere": (302, []),
    "date": (429, [f"Retry-After: {DATE}"]),
    "late": (500, [f"Retry-After: {DATE}"]),
    "refresh": (200, ["Content-Type: text/html", "Refresh: 0; url=http://["]),
    "fine": (200, ["Content-Type: image/png"]),
}


def answer(path: str, port: int) -> bytes:
    parts = urlsplit(path)
    body = PNG
    case = parts.path.lstrip("/")
    if parts.path == "/api/images":
        case = parse_qs(parts.query)["q"][0]
        names = CASES if case == "all" else ["fine"]
        urls = [{"image": f"http://127.0.0.{2 + n}:{port}/{name}"} for n, name in enumerate(names)]
        results = [{**url, "page": "", "title": "", "thumbnail": "", "licence": ""} for url in urls]
        page = {"query": case, "total": len(urls), "results": results, "next": None}
        body = json.dumps(page).encode()
    elif parts.path == "/robots.txt":
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    status, headers = CASES.get(case, (200, []))
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def serve() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            while (await reader.readline()).strip():
                pass
            writer.write(answer(line.decode().split()[1], port))
            await writer.drain()
        writer.close()

    first = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    for last in range(2, 2 + len(CASES)):
        await asyncio.start_server(handle, f"127.0.0.{last}", port)
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
