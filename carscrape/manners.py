"""What we owe the hosts we ask: opt-outs, and when to ask again after a failure."""

import random
from datetime import UTC
from email.utils import parsedate_to_datetime

from scrapy.http import Headers

from carscrape.items import LONGEST_PAUSE

_LONGEST_RETRY = 600.0
_OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none", "noml"})
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
AGENT = "carscrape"


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds the host asks to be left alone, from both forms of Retry-After; at most an hour."""
    text = (headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            date = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = aware.timestamp() - now
    return float(min(max(seconds, 0.0), LONGEST_PAUSE))


def pause(tries: int, first: float) -> float:
    """Seconds before the next try: doubling from `first`, jittered by half, at most 10 minutes."""
    doubled = first * 2.0 ** min(tries, 20)  # a float ends at 2 ** 1024
    # Jitter spreads retries; it need not be unpredictable.
    return min(doubled, _LONGEST_RETRY) * random.uniform(0.5, 1.0)  # noqa: S311


def opted_out(headers: Headers) -> str | None:
    """The header by which the owner of an image says no to its use, or None."""
    for raw in headers.getlist(b"X-Robots-Tag"):
        text = raw.decode("latin-1")
        if _says_no(text.lower()):
            return f"X-Robots-Tag: {text}"
    if any(value.strip() == b"1" for value in headers.getlist(b"TDM-Reservation")):
        return "TDM-Reservation: 1"
    return None


def _says_no(tag: str) -> bool:
    """Whether an X-Robots-Tag, e.g. `noai, otherbot: none`, says no to us.

    A name before a colon is an agent, and what follows is for it alone, up to the next agent.
    """
    for_us = True
    for word in tag.split(","):
        name, colon, directive = (part.strip() for part in word.partition(":"))
        # No agent has a blank in its name, but the day before the hour of a date has.
        if colon and " " not in name and name not in _VALUED:
            for_us = name.partition("/")[0] in ("*", AGENT)
        if for_us and (directive or name) in _OPT_OUTS:
            return True
    return False
