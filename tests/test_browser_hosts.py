"""Where a page in the browser gets to, in real crawls, as servers beside its own count it."""

import os
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template
from threading import Thread

import pytest

from carscrape.pages import MAX_BYTES
from tests.browsing import CHROMIUM, browse, needs_chromium, recipe
from tests.crawling import rows
from tests.watched_web import Web, served, to

pytestmark = needs_chromium
HTML = "Content-Type: text/html"
PAGE = Template((Path(__file__).parent / "escaping.html").read_text("utf-8"))


@contextmanager
def counting(kind: type[socketserver.BaseServer], host: str, port: int = 0) -> Iterator[list[str]]:
    """A server of which nothing is known but who came: its own address first, then theirs."""
    came: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(str(self.client_address))

    with kind((host, port), Handler) as server:  # type: ignore[call-arg, arg-type]
        came.append("{}:{}".format(*server.server_address))
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield came
        server.shutdown()


@contextmanager
def surrounded(web: Web) -> Iterator[list[list[str]]]:
    """Serve a page that tries every way to servers around it: on another port, host, transport."""
    with ExitStack() as stack:
        stack.enter_context(served(web))
        others = [
            stack.enter_context(counting(socketserver.ThreadingTCPServer, "127.0.0.1")),
            stack.enter_context(counting(socketserver.ThreadingTCPServer, "127.0.0.2", web.port)),
            stack.enter_context(counting(socketserver.ThreadingUDPServer, "127.0.0.1")),
        ]
        targets = [came[0] for came in others[:2]]
        targets += [target.replace("127.0.0.1", "localhost") for target in targets[:1]]
        targets += [target.replace("127.0.0.1", "2130706433") for target in targets[:1]]
        targets += ["www.example.com:80"]  # which only a proxy would resolve
        page = PAGE.substitute(own=web.port, targets=targets, datagrams=repr(others[2][0]))
        web.answers["/browser/images"] = (200, [HTML, "Set-Cookie: a=1"], page.encode())
        web.answers["/browser/images?q=away"] = to(f"http://{targets[0]}/")
        web.answers["/browser/images?q=big"] = (200, [HTML], b"x" * (MAX_BYTES + 1))
        for number, target in enumerate(targets):
            for name in ("fetch", "popup", "frame", "object", "script", "img", "preload"):
                web.answers[f"/to{number}/{name}"] = to(f"http://{target}/{name}")
        yield others


def test_a_page_reaches_its_own_hosts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web()
    with surrounded(web) as others, counting(socketserver.ThreadingTCPServer, "127.0.0.1") as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy[0]}")
        words = ("one", "two", "away", "big")
        end = browse(tmp_path, recipe(tmp_path, *words), f"demo_port={web.port}")
        reached = [came for came in [*others, proxy] if len(came) > 1]
        target = others[0][0]
    assert reached == []
    assert "Traceback" not in end.output
    sql = "select text, verdict, detail from page join query on query.id = page.query"
    verdicts = {text: (verdict, detail) for text, verdict, detail in rows(tmp_path / "s", sql)}
    assert verdicts["one"][0] == verdicts["two"][0] == "exhausted"  # read, and no more to come
    assert verdicts["away"] == ("failed", f"Refused: it leads to {target}, not expected")
    assert verdicts["big"][0] == "too_large"
    asked = [one for one in web.asked if one.target.startswith("/browser/images")]
    assert {one.headers["User-Agent"].partition("/")[0] for one in asked} == {"carscrape"}
    assert {one.headers["Cookie"] for one in asked} == {None}  # each page is somebody new
    assert "/to0/fetch" in web.targets()  # so the page did try
    assert "/may-be-denied" in web.targets()  # asked, nobody would answer
    assert "/1.png" in web.targets()
    assert not {"/picture.png", "/to0/img", "/worker.js"} & set(web.targets())
    assert end.left == []


def test_the_page_would_reach_them(tmp_path: Path) -> None:
    """In a browser as it is, so that the test above can fail."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with surrounded(web := Web()) as others:
        url = f"http://127.0.0.1:{web.port}/browser/images?q=one"
        options = ["--headless", "--timeout=5000", "--dump-dom", *sandbox]
        subprocess.run(
            [str(CHROMIUM), *options, f"--user-data-dir={tmp_path}", url],
            capture_output=True,
            timeout=60,
        )
        assert all(len(came) > 1 for came in others), [came[:2] for came in others]
