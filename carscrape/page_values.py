"""Single values as pages give them: lines of text, addresses, numbers of pixels."""

import re
import unicodedata
from urllib.parse import quote

_LINE = 2000  # characters looked at for a line of text
_SIZE = re.compile(r"(\d+)\s*[x\u00d7]\s*(\d+)", re.ASCII)
_SHORT = 100  # characters of text in which a size is looked for; the pattern is quadratic
_MARKS = {0xE000: None, 0xE001: None}  # around the query's words, for the engine's own display
_BLANKS = dict.fromkeys(map(ord, "\t\n\r"))  # browsers leave these out of a URL
_BREAKS_LINES = frozenset({"Cc", "Zl", "Zp"})


def line(value: object) -> str:
    """A title on one line, without marks and control characters; "" if it is no text."""
    if not isinstance(value, str):
        return ""
    text = value[:_LINE].translate(_MARKS)
    visible = (" " if unicodedata.category(c) == "Cc" else c for c in text)
    return encodable(" ".join("".join(visible).split()))


def address(value: object) -> str:
    """A URL as the page gives it, on one line as browsers make it so; "" if it is no text."""
    if not isinstance(value, str):
        return ""
    given = encodable(value.strip()).translate(_BLANKS)
    if given.isascii() and given.isprintable():  # as nearly all are
        return given
    return "".join(quote(c) if unicodedata.category(c) in _BREAKS_LINES else c for c in given)


def pixels(value: object) -> int | None:
    """A width or height, from a number or digits; None if it is neither."""
    text = str(value)
    plausible = text.isascii() and text.isdigit() and len(text) < 7
    return int(text) or None if plausible else None


def sides(text: str) -> tuple[int | None, int | None]:
    """Width and height from a text such as "640 x 480"."""
    size = _SIZE.search(text[:_SHORT])
    return (pixels(size[1]), pixels(size[2])) if size else (None, None)


def encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which no file or database takes."""
    return text.encode("utf-8", "ignore").decode()
