"""Who may ask the server: a browser on this machine that knows the token, on its own behalf."""

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_NAMES = ("127.0.0.1", "localhost")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the token is in the URL
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer; what it does not name, a browser may not load."""


def guard(token: str) -> Middleware:
    """A middleware that lets only those pass who are named above.

    The token is the first part of every path: cookies would go to other ports of this machine too.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A name of somebody else's that leads here (DNS rebinding) makes his page our origin.
        if _name(request.host) not in _NAMES:
            raise web.HTTPForbidden(text="This host name is not served.\n")
        if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
            raise web.HTTPForbidden(text="Another site asks.\n")
        given = request.raw_path.split("/")[1:2] or [""]
        if not secrets.compare_digest(_bytes(given[0]), _bytes(token)):
            raise web.HTTPNotFound(text="Nothing here: open the address that the review printed.\n")
        return await handler(request)

    return check


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _name(host: str) -> str:
    return host.rpartition(":")[0] if ":" in host else host


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add `HEADERS`, to errors too: a handler of `on_response_prepare`."""
    for name, value in HEADERS.items():
        response.headers[name] = value
