"""What Robots makes of robots.txt: of a pretended engine, and of a real one that asks a server."""

import asyncio
import gzip
import json
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.signalmanager import SignalManager

from carscrape import robots as robots_module
from carscrape import settings
from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.manners import pause
from carscrape.robots import Robots

ROOT = Path(__file__).parents[1]
ROBOTS = "http://a.example/robots.txt"
Answer = Response | Exception
Clock = Callable[[float], None]

# --- a pretended engine


class Engine:
    """Answers each request for robots.txt with the next of its answers, the last for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def download_async(self, request: Request) -> Response:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def robots(engine: Any) -> Robots:
    crawler: Any = SimpleNamespace(
        engine=engine, settings=Settings({"ROBOTSTXT_OBEY": True}), signals=SignalManager()
    )
    return Robots.from_crawler(crawler)


async def verdict(middleware: Robots, url: str = "http://a.example/x") -> Refused | None:
    try:
        await middleware.process_request(Request(url))
    except Refused as refused:
        return refused
    return None


async def verdicts(middleware: Robots, times: int) -> list[Refused | None]:
    return [await verdict(middleware) for _ in range(times)]


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    now = [1000.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], time=lambda: now[0])
    monkeypatch.setattr(robots_module, "time", clock)

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def test_a_host_is_asked_once_an_hour(pass_time: Clock) -> None:
    engine = Engine(Response(ROBOTS, 404), Response(ROBOTS, body=b"User-agent: *\nDisallow: /"))

    async def ask() -> None:
        middleware = robots(engine)
        assert await asyncio.gather(*(verdict(middleware) for _ in range(5))) == [None] * 5
        pass_time(robots_module._ROBOTS_SECONDS - 1)
        assert await verdict(middleware) is None
        assert engine.asked == 1
        pass_time(2)
        refused = await verdict(middleware)
        assert refused
        assert refused.outcome == Outcome.ROBOTS

    asyncio.run(ask())
    assert engine.asked == 2


def test_an_unreachable_one_is_asked_again_before_the_first_retry(pass_time: Clock) -> None:
    engine = Engine(DownloadTimeoutError("took long"), Response(ROBOTS, 404))

    async def ask() -> None:
        middleware = robots(engine)
        first, second = await verdicts(middleware, 2)
        assert engine.asked == 1
        assert first
        assert second
        assert first is not second
        assert (first.outcome, first.detail) == (Outcome.TIMEOUT, "robots.txt: took long")
        pass_time(pause(0, settings.RETRY_DELAY))
        assert await verdict(middleware) is None

    asyncio.run(ask())


def test_refusals_do_not_grow() -> None:
    async def depths() -> list[int]:
        middleware = robots(Engine(Refused(Outcome.DNS, "no such host")))
        found = []
        for _ in range(3):
            refused = await verdict(middleware)
            assert refused
            found.append(len(traceback.extract_tb(refused.__traceback__)))
        return found

    assert len(set(asyncio.run(depths()))) == 1


@pytest.mark.accepts("D01", "D04")
@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait"),
    [
        (429, {"Retry-After": "7"}, Outcome.THROTTLED, 7.0),
        (429, {}, Outcome.THROTTLED, None),
        (503, {"Retry-After": "8"}, Outcome.THROTTLED, 8.0),
        (503, {}, Outcome.SERVER_ERROR, None),
        (302, {}, Outcome.SERVER_ERROR, None),
    ],
)
def test_statuses_that_refuse(
    status: int, headers: dict[str, str], outcome: Outcome, wait: float | None
) -> None:
    middleware = robots(Engine(Response(ROBOTS, status, headers)))
    refused = asyncio.run(verdict(middleware))
    assert refused
    assert (refused.outcome, refused.retry_after) == (outcome, wait)


@pytest.mark.accepts("D04")
@pytest.mark.parametrize(
    "answer", [Response(ROBOTS, 404), Response(ROBOTS, 403), IgnoreRequest("max redirections")]
)
def test_no_file_allows_everything(answer: Answer) -> None:
    assert asyncio.run(verdict(robots(Engine(answer)))) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (EOFError("ended early"), Outcome.TRUNCATED),
        (ValueError("not a URL"), Outcome.REDIRECTS),
        (RuntimeError(), Outcome.CONNECTION),
    ],
)
def test_whatever_goes_wrong_refuses(error: Exception, outcome: Outcome) -> None:
    refused = asyncio.run(verdict(robots(Engine(error))))
    assert refused
    assert refused.outcome == outcome


def test_few_files_are_kept() -> None:
    async def ask() -> int:
        middleware = robots(Engine(Response(ROBOTS, 404)))
        for number in range(1100):
            await verdict(middleware, f"http://{number}.example/x")
        return len(middleware._asked)

    assert asyncio.run(ask()) == 1000


def test_a_request_that_is_abandoned_abandons_its_question() -> None:
    class Hanging:
        def __init__(self) -> None:
            self.began = asyncio.Event()
            self.cancelled = False

        async def download_async(self, request: Request) -> Response:
            self.began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
            raise AssertionError

    async def ask() -> bool:
        engine = Hanging()
        asking = asyncio.ensure_future(verdict(robots(engine)))
        await engine.began.wait()
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        return engine.cancelled

    assert asyncio.run(ask())


MANY = range(12_000)


@pytest.mark.accepts("B09", "D04")
@pytest.mark.parametrize("agents", [MANY, ["*" * n + "c" for n in range(400)]])
def test_rules_for_a_crowd_of_agents_cost_no_more_than_for_one(agents: list[object]) -> None:
    """Protego keeps each rule once per agent, here a hundred million times."""
    lines = [*(f"User-agent: {agent}" for agent in agents), *(f"Disallow: /{n}" for n in MANY)]
    lines += ["User-agent: carscrape", "Disallow: /ours"]
    middleware = robots(Engine(Response(ROBOTS, body="\n".join(lines).encode())))
    refused = asyncio.run(verdict(middleware, "http://a.example/ours"))
    assert refused
    assert refused.outcome == Outcome.ROBOTS


@pytest.mark.accepts("D04")
@pytest.mark.parametrize(
    ("agent", "refuses"),
    [
        ("*", True),
        ("CarScrape", True),
        ("carscrape/1.0", True),
        ("carscrape # us", True),
        ("carscraper", False),
        ("otherbot", False),
        ("# nobody", False),
    ],
)
def test_rules_are_for_the_agents_they_name(agent: str, refuses: bool) -> None:
    body = f"User-agent: {agent}\nDisallow: /\n".encode()
    middleware = robots(Engine(Response(ROBOTS, body=body)))
    assert (asyncio.run(verdict(middleware)) is not None) == refuses


@pytest.mark.accepts("D04")
@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_a_byte_order_mark_and_every_newline_are_read(newline: str) -> None:
    body = newline.join(["\ufeffUser-agent: *", "Disallow: /x", ""]).encode()
    middleware = robots(Engine(Response(ROBOTS, body=body)))
    assert asyncio.run(verdict(middleware)) is not None


# --- a real one

LIMIT = 512 * 1024
RULES = b"User-agent: *\nDisallow: /before\n"


def padded(tail: bytes, size: int) -> bytes:
    """Rules of `size` bytes, the tail after them."""
    return RULES + b"#" * (size - len(RULES) - 1) + b"\n" + tail


FILES: dict[str, tuple[dict[str, str], bytes]] = {
    "long": ({}, padded(b"Disallow: /after\n" * 5000, LIMIT)),
    "cut": ({}, padded(b"Disallow: /private\n" + b"#" * 1000, LIMIT - len("Disallow: /"))),
    "zipped": ({"Content-Encoding": "gzip"}, gzip.compress(RULES)),
    "zipped_long": ({"Content-Encoding": "gzip"}, gzip.compress(padded(b"Disallow: /\n", LIMIT))),
    "bomb": ({"Content-Encoding": "gzip"}, gzip.compress(bytes(2**25))),
    "broken": ({"Content-Encoding": "gzip"}, b"not zipped at all"),
}


class Handler(BaseHTTPRequestHandler):
    """Serves the robots.txt that its server's name promises, and 200 for all else."""

    server: Any

    def do_GET(self) -> None:
        if self.path == "/robots.txt" or self.path.startswith("/hop"):
            with suppress(ConnectionError):
                self._robots(self.server.behaviour)
        else:
            self._send(200, {}, b"fine")

    def _robots(self, behaviour: str) -> None:
        if behaviour.startswith("hops"):
            hop = int(self.path.removeprefix("/hop")) if "hop" in self.path else 0
            if hop == int(behaviour.removeprefix("hops")):
                self._send(200, {}, RULES)
            else:
                self._send(302, {"Location": f"/hop{hop + 1}"}, b"moved" * LIMIT)
        elif behaviour == "endless":
            self.send_response(200)
            self.send_header("Content-Length", str(2**40))
            self.end_headers()
            while True:
                self.wfile.write(RULES)
        else:
            self._send(200, *FILES[behaviour])

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quietly."""


class Asker(Spider):
    """Asks every URL it is given and prints how that ended, as JSON."""

    name = "asker"

    def __init__(self, urls: list[str]) -> None:
        super().__init__()
        self.urls = urls
        self.ends: dict[str, str] = {}
        self.loopback = frozenset(("127.0.0.1", urlsplit(url).port) for url in urls)

    async def start(self) -> AsyncIterator[Request]:
        for url in self.urls:
            yield Request(url, callback=self.arrived, errback=self.failed, cb_kwargs={"url": url})

    def arrived(self, response: Response, url: str) -> None:
        self.ends[url] = f"status {response.status}"

    def failed(self, failure: Any) -> None:
        error = failure.value
        outcome = error.outcome if isinstance(error, Refused) else repr(error)
        self.ends[failure.request.cb_kwargs["url"]] = outcome

    def closed(self, reason: str) -> None:
        print(json.dumps(self.ends))


CASES = [
    ("long", "before", "robots"),
    ("long", "after", "status 200"),
    ("cut", "x", "status 200"),
    ("endless", "before", "robots"),
    ("endless", "x", "status 200"),
    ("zipped", "before", "robots"),
    ("zipped", "x", "status 200"),
    ("zipped_long", "before", "robots"),
    ("zipped_long", "x", "status 200"),
    ("bomb", "x", "too_large"),
    ("broken", "x", "truncated"),
    ("hops5", "before", "robots"),
    ("hops5", "x", "status 200"),
    ("hops6", "before", "status 200"),
]


@pytest.fixture(scope="module")
def crawled() -> Iterator[dict[tuple[str, str], str]]:
    """(behaviour, path) -> how the URL ended, of one crawl of all cases."""
    with ExitStack() as stack:
        ports = {}
        for behaviour, _, _ in CASES:
            if behaviour not in ports:
                server: Any = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
                server.behaviour = behaviour
                Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
                stack.callback(server.shutdown)
                ports[behaviour] = server.server_port
        urls = {(name, path): f"http://127.0.0.1:{ports[name]}/{path}" for name, path, _ in CASES}
        command = [sys.executable, "-m", "tests.test_robots", *urls.values()]
        output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=60, check=True)
        ends = json.loads(output.stdout)
        yield {case: ends[url] for case, url in urls.items()}


@pytest.mark.accepts("B03", "B09", "D04")
@pytest.mark.parametrize(("behaviour", "path", "end"), CASES)
def test_a_real_engine(
    crawled: dict[tuple[str, str], str], behaviour: str, path: str, end: str
) -> None:
    assert crawled[behaviour, path] == end


if __name__ == "__main__":
    crawl_settings = Settings()
    crawl_settings.setmodule("carscrape.settings")
    for part in ("ITEM_PIPELINES", "EXTENSIONS"):
        crawl_settings.set(part, {}, "cmdline")
    crawl_settings.set("LOG_LEVEL", "CRITICAL", "cmdline")
    crawl_settings.set("DOWNLOAD_DELAY", 0, "cmdline")
    process = CrawlerProcess(crawl_settings)
    process.crawl(Asker, urls=sys.argv[1:])
    process.start()
