"""A web in the test's own process that writes down every request, and a proxy before it.

It has the demo's JSON page, so a crawl asks it by `-a demo_port`; the page names `images`.
"""

import base64
import json
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.odd_web import PNG

Answer = tuple[int, list[str], bytes]
"""Status, header lines, body."""

MISSING: Answer = (404, [], b"")
IMAGE: Answer = (200, ["Content-Type: image/png"], PNG)


def to(location: str, *headers: str) -> Answer:
    """A redirect."""
    return 302, [f"Location: {location}", *headers], b""


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    at: str  # the address that was connected to
    method: str
    target: str  # a path, and for a proxy a URL
    headers: Message


@dataclass
class Web:
    """What is served on one port of several addresses, and what was asked there."""

    port: int = 0
    images: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def targets(self, at: str | None = None) -> list[str]:
        """What was asked, at one address or at all."""
        return [one.target for one in self.asked if at in (None, one.at)]

    def answer(self, asked: Asked) -> Answer:
        """A page of `images` to a search, else what `answers` has for the target or its path.

        Before a path may stand the address it is asked at. What ends in .png is an image.
        """
        parts = urlsplit(asked.target)
        for key in (asked.target, f"{asked.at}{parts.path}", parts.path):
            if key in self.answers:
                return self.answers[key]
        if parts.path != "/api/images":
            return IMAGE if parts.path.endswith(".png") else MISSING
        results = [{"image": url} for url in self.images]
        page = {"query": parse_qs(parts.query)["q"][0], "total": len(results), "results": results}
        return 200, ["Content-Type: application/json"], json.dumps(page).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web
    password = ""  # that a proxy wants, as user:password

    def do_GET(self) -> None:
        at = self.connection.getsockname()[0]
        asked = Asked(at, self.command, self.path, self.headers)
        self.web.asked.append(asked)
        self.send(*self.web.answer(asked))

    def send(self, status: int, headers: list[str], body: bytes) -> None:
        # Said, or a client asks again on a connection that is just being closed.
        closing = ["Connection: close"] if self.close_connection else []
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *closing, *headers, "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(
    web: Web, *addresses: str, tls: ssl.SSLContext | None = None, handler: type = _Handler
) -> Iterator[Web]:
    """Serve a web, on a port free at all the addresses or on the one it has."""
    handler = type("Handler", (handler,), {"web": web})
    servers: list[ThreadingHTTPServer] = []
    for address in addresses or ("127.0.0.1",):
        server = _Server((address, web.port), handler)
        if tls:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        web.port = server.server_address[1]
        servers.append(server)
        # It looks so often whether it is to end.
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield web
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A crawl that hangs up, or does not like our certificate, is none of our errors."""


@dataclass
class Proxy(Web):
    """A proxy that passes every GET on to one web, whatever the host is called, and tunnels."""

    behind: int = 0  # the web's port, on 127.0.0.1
    password: str = ""  # user:password; "" if it wants none


class _ProxyHandler(_Handler):
    web: Proxy

    def _let_in(self) -> bool:
        asked = Asked(self.connection.getsockname()[0], self.command, self.path, self.headers)
        self.web.asked.append(asked)
        expected = f"Basic {base64.b64encode(self.web.password.encode()).decode()}"
        if self.web.password and self.headers.get("Proxy-Authorization") != expected:
            self.send(407, ["Proxy-Authenticate: Basic"], b"")
            return False
        return True

    def do_GET(self) -> None:
        if self._let_in():
            parts = urlsplit(self.path)
            with socket.create_connection(("127.0.0.1", self.web.behind)) as onward:
                path = parts._replace(scheme="", netloc="").geturl()
                lines = [f"GET {path} HTTP/1.0", f"Host: {parts.netloc}"]
                passed = [f"{name}: {value}" for name, value in self.headers.items()]
                passed = [
                    one for one in passed if not one.startswith(("Proxy-", "Host", "Connection"))
                ]
                onward.sendall("\r\n".join([*lines, *passed, "", ""]).encode())
                self.close_connection = True
                _pump(onward, self.connection)

    def do_CONNECT(self) -> None:
        if self._let_in():
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as onward:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                self.close_connection = True
                _pump(onward, self.connection)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextmanager
def proxying(proxy: Proxy) -> Iterator[Proxy]:
    """Serve a proxy."""
    with served(proxy, handler=_ProxyHandler):
        yield proxy
