"""Serves one review to browsers on this machine."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib import resources

from aiohttp import web
from pebble import ProcessPool

from carscrape.store import StoreError
from postprocess.process_pool import process_pool
from postprocess.review.guard import add_headers, guard
from postprocess.review.session import Reply, Review
from postprocess.thumbnails import SECONDS, draw
from postprocess.usage import UsageError

_ADDRESS = "127.0.0.1"
_FILES = {
    "": ("page.html", "text/html"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "review.css": ("review.css", "text/css"),
    "review.js": ("review.js", "text/javascript"),
    "panel.js": ("panel.js", "text/javascript"),
    "swipe.js": ("swipe.js", "text/javascript"),
}
_SIDE = 1400  # pixels of the longer side of a picture
_QUALITY = 85
_WORKERS = 2
_LONGEST_BODY = 2048  # bytes
_LONGEST_NAME = 64  # of a browser


def listen(port: int) -> socket.socket:
    """Listen on a port of loopback; 0 for any.

    Raises:
        UsageError: the port cannot be had.
    """
    try:
        return socket.create_server((_ADDRESS, port))
    except OSError as error:
        reason = f"cannot listen on {_ADDRESS}:{port}: {error.strerror}"
        raise UsageError(f"{reason}; choose another --port") from error


def serve(review: Review, listener: socket.socket, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C.

    Args:
        say: gets the URL once it can be opened.
    """
    token = secrets.token_urlsafe(24)
    with process_pool(_WORKERS) as pool, suppress(KeyboardInterrupt):
        asyncio.run(_serve(Server(review, pool).app(token), listener, token, say))


async def _serve(
    app: web.Application, listener: socket.socket, token: str, say: Callable[[str], None]
) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        say(f"http://{_ADDRESS}:{listener.getsockname()[1]}/{token}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


class Server:
    """The routes of a review."""

    def __init__(self, review: Review, pool: ProcessPool) -> None:
        self._review = review
        self._pool = pool
        folder = resources.files("postprocess.review") / "static"
        self._files = {
            name: ((folder / file).read_text(encoding="utf-8"), type_)
            for name, (file, type_) in _FILES.items()
        }

    def app(self, token: str) -> web.Application:
        """The application; everything lies below the token."""
        app = web.Application(middlewares=[guard(token)], client_max_size=_LONGEST_BODY)
        app.on_response_prepare.append(add_headers)
        app.router.add_get("/{token}/image/{id}", self._image)
        app.router.add_get("/{token}/{file:[a-z.]*}", self._file)
        app.router.add_post("/{token}/{act:next|answer|undo|more}", self._act)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        if request.match_info["file"] not in self._files:
            raise web.HTTPNotFound
        text, type_ = self._files[request.match_info["file"]]
        headers = {"Cache-Control": "no-cache"}
        return web.Response(text=text, content_type=type_, charset="utf-8", headers=headers)

    async def _image(self, request: web.Request) -> web.Response:
        """A picture of the review, drawn anew: a browser gets no stranger's bytes."""
        try:
            path = self._review.evidence(request.match_info["id"]).path
        except KeyError as error:
            raise web.HTTPNotFound from error
        drawn = self._pool.schedule(draw, args=[path, _SIDE, _QUALITY], timeout=SECONDS)
        try:
            jpeg = await asyncio.wrap_future(drawn)
        except Exception as error:  # whatever a decoder raises, or its end
            raise web.HTTPNotFound(text="cannot be drawn\n") from error
        headers = {"Cache-Control": "private, max-age=3600"}
        return web.Response(body=jpeg, content_type="image/jpeg", headers=headers)

    async def _act(self, request: web.Request) -> web.Response:
        """Do what a browser asks for, and tell it how things stand."""
        try:
            body = await request.json()
            client = str(body["client"])[:_LONGEST_NAME]
            match request.match_info["act"]:
                case "answer":
                    reply = Reply(client, body["image"], body["mark"], body["only"])
                    self._review.answer(reply)
                case "undo":
                    self._review.undo(client)
                case "more":
                    self._review.more()
            return web.json_response(self._review.state(client))
        except (ValueError, KeyError, TypeError) as error:
            return web.json_response({"error": f"cannot be read: {error}"}, status=400)
        except StoreError as error:
            return web.json_response({"error": str(error)}, status=500)
