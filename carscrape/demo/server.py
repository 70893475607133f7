"""The server: one process that listens on every address of the demo web."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from aiohttp import web

from carscrape.demo.answers import answer, fine
from carscrape.demo.ask import Ask
from carscrape.demo.asked import Asked
from carscrape.demo.moods import Mood, Moods
from carscrape.demo.search import Search
from carscrape.demo.templates import fill
from carscrape.demo.web import FORBIDDEN, FRONT, HOSTS, PAGE, THUMB, key_of
from carscrape.demo.world import World

THREADS = 2
BACKLOG = 1024
_ATTEMPTS = 20  # at finding one port that is free on every address
_ROBOTS = f"User-agent: *\nDisallow: /{FORBIDDEN}\n"


class PortTakenError(Exception):
    """The demo web cannot listen; the text is for people."""


class Server:
    """The routes of the demo web, over one world and one count of what was asked."""

    def __init__(self, world: World, asked: Asked, port: int, moods: Sequence[Mood] = ()) -> None:
        self.world = world
        self.asked = asked
        self.port = port
        self.moods = Moods(moods, asked.counts)
        self.threads = ThreadPoolExecutor(THREADS)

    def app(self) -> web.Application:
        """The application with its routes."""
        search = Search(self.world, self.port, self.moods)
        app = web.Application()
        app.router.add_get("/_asked", self._asked)
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/images/search", self._counted(search.images))
        app.router.add_get("/images/async", self._counted(search.images))
        app.router.add_get("/api/images", self._counted(search.api))
        app.router.add_get("/keyed/images", self._counted(search.keyed))
        app.router.add_get("/browser/images", self._counted(search.browser))
        app.router.add_get("/browser/results", self._counted(search.api))
        app.router.add_get("/search", self._counted(search.pages))
        app.router.add_get("/{path:.*}", self._image)
        return app

    def _counted(
        self, respond: Callable[[web.Request, int], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            return respond(request, self.asked.count(request.raw_path))

        return handler

    async def _asked(self, request: web.Request) -> web.Response:
        return web.json_response(self.asked.counts)

    async def _robots(self, request: web.Request) -> web.Response:
        self.asked.count(request.raw_path)
        return web.Response(text=_ROBOTS)

    async def _image(self, request: web.Request) -> web.StreamResponse:
        times = self.asked.count(request.raw_path)
        key = key_of(request.raw_path)
        if key is None or not self.world.holds(key):
            return web.Response(status=404, text="404\n")
        ask = Ask(request, self.world, key, times, self.port, self.threads)
        if request.raw_path.startswith(f"/{PAGE}"):
            return web.Response(text=fill("page", key=key), content_type="text/html")
        if request.raw_path.startswith(f"/{THUMB}"):
            return await fine(ask)
        return await answer(ask, self.world.fault(key))


@asynccontextmanager
async def serving(
    world: World, asked: Asked, port: int, moods: Sequence[Mood] = ()
) -> AsyncIterator[int]:
    """Serve for as long as the context lasts; gives the port, which was chosen if `port` is 0.

    Raises:
        PortTakenError: the port is in use at one of the addresses.
    """
    sockets = _listen_everywhere(port)
    port = sockets[0].getsockname()[1]
    server = Server(world, asked, port, moods)
    # Whoever drips would keep a stopping server alive for hours.
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        for listener in sockets:
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
        yield port
    finally:
        await runner.cleanup()
        server.threads.shutdown(cancel_futures=True)


def _listen_everywhere(port: int) -> list[socket.socket]:
    """Sockets on one port of every address; for port 0 on one that is free everywhere."""
    for _ in range(1 if port else _ATTEMPTS):
        sockets: list[socket.socket] = []
        number = port
        try:
            for address in (FRONT, *HOSTS):
                sockets.append(socket.create_server((address, number), backlog=BACKLOG))
                number = sockets[0].getsockname()[1]
        except OSError as error:
            for listener in sockets:
                listener.close()
            reason = f"cannot listen on {address}:{number}: {error.strerror}"
        else:
            return sockets
    raise PortTakenError(f"{reason}; choose another --port")
