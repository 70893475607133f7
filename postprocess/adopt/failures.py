"""What img2dataset says of a URL it could not keep, in the closed list of outcomes.

It writes the text of whatever Python or OpenCV raised, so the text is all there is to go by.
"""

import re

from carscrape.items import Outcome

# The first that is found in the text. A status comes first: its reason is the server's own words.
_DOWNLOAD = (
    (r"^HTTP Error (404|410)\b", Outcome.GONE),
    (r"^HTTP Error 429\b", Outcome.THROTTLED),
    (r"^HTTP Error (408|425|5\d\d)\b", Outcome.SERVER_ERROR),
    (r"^HTTP Error (304|204|205)\b", Outcome.EMPTY),
    (r"^HTTP Error 3\d\d\b", Outcome.REDIRECTS),
    (r"^HTTP Error \d+", Outcome.REFUSED),
    (r"X-Robots-Tag", Outcome.OPTED_OUT),
    (r"unknown url type|no host given", Outcome.SCHEME),
    (r"nonnumeric port|port out of range", Outcome.PORT),
    (r"Errno -\d|not known|name resolution|getaddrinfo|'idna' codec", Outcome.DNS),
    (r"timed out", Outcome.TIMEOUT),
    (r"(?i)ssl|certificate", Outcome.TLS),
    (r"IncompleteRead|hash mismatch", Outcome.TRUNCATED),
)
_RESIZE = (
    (r"buf\.empty", Outcome.EMPTY),
    (r"area too large|MAX_IMAGE", Outcome.TOO_MANY_PIXELS),
    (r"too small|ratio too large", Outcome.TYPE_NOT_ALLOWED),
)
_LONGEST = 200  # characters of a detail


def outcome_of(status: str, message: str) -> Outcome:
    """The nearest outcome to a `status` that is no success and its `error_message`.

    Whatever of a download is not told apart is `connection`, which another crawl asks again.
    """
    if status == "failed_to_resize":
        return _first(_RESIZE, message) or Outcome.NOT_AN_IMAGE
    return _first(_DOWNLOAD, message) or Outcome.CONNECTION


def detail_of(status: str, message: str) -> str:
    """The same for people, in one line."""
    return " ".join(f"img2dataset: {message or status}".split())[:_LONGEST]


def _first(table: tuple[tuple[str, Outcome], ...], text: str) -> Outcome | None:
    return next((outcome for pattern, outcome in table if re.search(pattern, text)), None)
