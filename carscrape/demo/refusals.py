"""What a search serves in place of results."""

from aiohttp import web

from carscrape.demo.templates import fill

_WALLS = {
    "captcha": "captcha",
    "captcha_once": "captcha",
    "consent": "consent",
    "traffic": "traffic",
}
_STATUSES = {"accepted": 202, "forbidden": 403, "error": 500}


def refusal(query: str, fault: str, first_time: bool) -> web.Response | None:
    """The answer with this fault; None if it lets results through.

    Args:
        first_time: whether the first page of this query is asked for the first time.
    """
    if fault.endswith("_once") and not first_time:
        return None
    if fault in _WALLS:
        return html(fill(_WALLS[fault], query=query))
    if fault in _STATUSES:
        return web.Response(status=_STATUSES[fault], text=f"{_STATUSES[fault]}\n")
    if fault in ("throttled", "throttled_once"):
        return web.Response(status=429, headers={"Retry-After": "1"}, text="Too Many Requests\n")
    return html("") if fault == "empty" else None


def html(page: str) -> web.Response:
    """A page that was found."""
    return web.Response(text=page, content_type="text/html")
