"""A web that asks to be treated well: `python -m tests.polite_web`, see tests/wire.py.

The query decides what its images ask for; what heals does so by being asked again.
"""

import asyncio
import time
from collections import Counter
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from tests.wire import HOSTS, PNG, Ask, head, page, serve

BUSY = 2  # the host of all crowds, directly or by a redirect
DEAD = 21
LARGE = 20 * 2**20  # bytes of a body that nobody should read
_seen: Counter[str] = Counter()


PAUSES: dict[str, tuple[int, str]] = {
    "seconds": (429, "1"),
    "date": (503, ""),  # two seconds from now
    "decade": (429, "315360000"),
    "garbage": (429, "soon"),
    "negative": (503, "-5"),
    "later": (429, "3"),
}
"""Case -> status and Retry-After of its first answer."""

FAILURES = {"twice": 2, "thrice": 3}
"""Case -> how often it answers 503 before it is fine."""

OPT_OUTS: dict[str, list[str]] = {
    "noai": ["X-Robots-Tag: noai"],
    "noimageai": ["X-Robots-Tag: noimageai"],
    "noindex": ["X-Robots-Tag: noindex"],
    "noml": ["x-robots-tag: noml"],
    "upper": ["X-ROBOTS-TAG: NOFOLLOW, NOAI"],
    "ours": ["X-Robots-Tag: carscrape: noai"],
    "second": ["X-Robots-Tag: nofollow", "X-Robots-Tag: noai"],
    "tdm": ["TDM-Reservation: 1"],
    "zipped": ["X-Robots-Tag: noai", "Content-Encoding: zstd"],
}
"""Case -> headers that say no."""

ALLOWED: dict[str, list[str]] = {
    "others": ["X-Robots-Tag: otherbot: noai"],
    "plain": ["X-Robots-Tag: all", "TDM-Reservation: 0"],
}

RULES: dict[str, tuple[int, bytes]] = {
    "disallowed": (200, b"User-agent: *\nDisallow: /disallowed\n"),
    "elsewhere": (200, b"User-agent: *\nDisallow: /other\nUser-agent: otherbot\nDisallow: /\n"),
    "named": (200, b"User-agent: CarScrape\nDisallow: /\nUser-agent: *\nAllow: /\n"),
    "bom": (200, b"\xef\xbb\xbfUser-agent: *\rDisallow: /\r"),
    "missing": (404, b""),
    "locked": (401, b"User-agent: *\nDisallow: /"),
    "forbidden": (403, b""),
    "broken": (500, b""),
    "unavailable": (503, b""),
    "hops": (302, b""),
    "silent": (0, b""),
}
"""Case -> status and body of the robots.txt of its host."""

_RULES_OF = dict(zip(HOSTS, RULES, strict=False))


async def paused(ask: Ask, case: str) -> bool:
    """Answer for the first time; False from the second on."""
    _seen[ask.path] += 1
    status, wait = PAUSES[case]
    if _seen[ask.path] > 1:
        return False
    await ask.answer(status, {"Retry-After": wait or formatdate(time.time() + 2, usegmt=True)})
    return True


async def failed(ask: Ask, case: str) -> bool:
    _seen[ask.path] += 1
    if _seen[ask.path] > FAILURES[case]:
        return False
    await ask.answer(503, {})
    return True


async def image(ask: Ask) -> None:
    _, kind, case, *_ = f"{ask.path}//".split("/")
    if kind == "moved":
        port = ask.writer.get_extra_info("sockname")[1]
        await ask.answer(302, {"Location": f"http://127.0.0.{BUSY}:{port}/crowd{ask.path}"})
    elif kind == "opt":
        await opted(ask, {**OPT_OUTS, **ALLOWED}[case], case in OPT_OUTS)
    elif (kind == "pause" and await paused(ask, case)) or (
        kind == "fail" and await failed(ask, case)
    ):
        return
    else:
        if kind == "crowd":
            await asyncio.sleep(0.05)  # so that those that come together meet
        await ask.answer(200, {"Content-Type": "image/png"}, PNG)


async def opted(ask: Ask, lines: list[str], large: bool) -> None:
    size = LARGE if large else len(PNG)
    headers = head(200, {"Content-Length": str(size)})[:-2] + "\r\n".join([*lines, "", ""]).encode()
    await ask.send(headers)
    for _ in range(size // 2**16):
        await ask.send(bytes(2**16))
    if not large:
        await ask.send(PNG)


async def rules(ask: Ask) -> None:
    """The robots.txt of a host, or its next hop."""
    status, body = RULES[_RULES_OF[ask.host]]
    if status == 302:
        hop = int(ask.path.partition("?")[2] or 0)
        if hop < 6:
            await ask.answer(302, {"Location": f"/robots.txt?{hop + 1}"})
            return
        status, body = 200, b"User-agent: *\nDisallow: /"
    while not status:
        await asyncio.sleep(0.05)
        if ask.writer.is_closing():
            return
    await ask.answer(status, {}, body)


async def answer(ask: Ask) -> None:
    if ask.host == DEAD:
        ask.writer.transport.abort()
    elif ask.path.startswith("/robots.txt") and _rules_matter:
        await rules(ask)
    elif ask.path.startswith("/robots.txt"):
        await ask.answer(404, {})
    elif ask.path.startswith("/api/images"):
        query = parse_qs(urlsplit(ask.path).query)["q"][0]
        if not await paused(ask, query.partition(" ")[2]):
            port = ask.writer.get_extra_info("sockname")[1]
            await ask.answer(200, {}, page(query, [f"http://127.0.0.{HOSTS[0]}:{port}/live"]))
    else:
        await image(ask)


_rules_matter = False


def found(query: str) -> list[tuple[int, str]]:
    kind, _, number = query.partition(" ")
    if kind == "page":
        return []  # answered by `answer`, after a pause
    if kind == "rules":
        global _rules_matter
        _rules_matter = True
        return [(host, f"/{case}/x") for host, case in _RULES_OF.items()]
    if kind == "crowd":
        return [(BUSY, f"/crowd/{number}/{n}") for n in range(80)] + [
            (HOSTS[1 + n % 10], f"/moved/{number}/{n}") for n in range(20)
        ]
    if kind == "dead":
        live = [(HOSTS[n], f"/live/{number}/{n}") for n in range(5)]
        return [*((DEAD, f"/{number}/{n}") for n in range(500)), *live]
    cases = {"pause": PAUSES, "fail": FAILURES, "opt": {**OPT_OUTS, **ALLOWED}}[kind]
    chosen = [number] if number else [case for case in cases if case != "later"]
    return [(HOSTS[n], f"/{kind}/{case}") for n, case in enumerate(chosen)]


if __name__ == "__main__":
    serve(answer, found)
