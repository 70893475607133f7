"""Data that pages carry in their scripts, read without running them."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

_DECODER = json.JSONDecoder()
_LONGEST = 16 * 1024  # characters of an array; real ones have a tenth of it
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_BLANKS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(text: str) -> str:
    """The text that stands in a string literal of JavaScript, or of JSON."""
    pairs = _ESCAPE.sub(_char, text)
    # What lies outside of the first plane is written as two halves.
    return pairs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def arrays(text: str, start: re.Pattern[str], most: int) -> Iterator[list[Any]]:
    """The arrays that begin where `start` matches, `most` tried; no broken ones."""
    for match in islice(start.finditer(text), most):
        given = text[match.start() : match.start() + _LONGEST]
        try:
            value, _ = _DECODER.raw_decode(_ESCAPE.sub(_as_json, given))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, list):
            yield value


def _char(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else _BLANKS.get(escape[3], escape[3])


def _as_json(escape: re.Match[str]) -> str:
    """What JavaScript escapes and JSON does not: bytes in hexadecimal, and apostrophes."""
    if escape[2]:
        return f"\\u00{escape[2]}"
    return "'" if escape[3] == "'" else escape[0]
