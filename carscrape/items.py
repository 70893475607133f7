"""The records of a crawl and the closed list of ways an image can end.

Standard library only: `postprocess` reads these names too.
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an image URL ended. Closed: what else there is to say goes into `detail`."""

    STORED = "stored"
    GONE = "gone"
    REFUSED = "refused"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    REDIRECTS = "redirects"
    SCHEME = "scheme"
    ADDRESS = "address"
    PORT = "port"
    ROBOTS = "robots"
    OPTED_OUT = "opted_out"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    TRUNCATED = "truncated"
    HOST_DOWN = "host_down"
    TAKEN_DOWN = "taken_down"


TRANSIENT = frozenset(
    {
        Outcome.THROTTLED,
        Outcome.SERVER_ERROR,
        Outcome.TIMEOUT,
        Outcome.DNS,
        Outcome.CONNECTION,
        Outcome.TRUNCATED,
        Outcome.HOST_DOWN,
    }
)
"""Outcomes worth asking again; after `MAX_TRIES` the last one is final."""

FREE_OF_CHARGE = frozenset({Outcome.THROTTLED})
"""Outcomes that say nothing about the URL itself, so they use up none of its tries."""

NOT_ASKED = frozenset(
    {
        Outcome.SCHEME,
        Outcome.ADDRESS,
        Outcome.PORT,
        Outcome.ROBOTS,
        Outcome.HOST_DOWN,
        Outcome.TAKEN_DOWN,
    }
)
"""Outcomes of a URL that its host was not, or need not have been, asked for."""

MAX_TRIES = 3

LONGEST_PAUSE = 3600.0  # seconds; a host that asks for ten years gets an hour


class PageVerdict(StrEnum):
    """What a result page turned out to be."""

    RESULTS = "results"
    NO_RESULTS = "no_results"
    BLOCKED = "blocked"
    LAYOUT_UNKNOWN = "layout_unknown"
    EXHAUSTED = "exhausted"
    TOO_LARGE = "too_large"
    REWRITTEN = "rewritten"
    FAILED = "failed"


FINISHED_PAGE = frozenset({PageVerdict.RESULTS, PageVerdict.NO_RESULTS, PageVerdict.EXHAUSTED})
"""Verdicts that finish a page; any other leaves it to be asked again by a later run."""


@dataclass(frozen=True, slots=True)
class Result:
    """One image as a result page names it. Everything but the URL may be missing."""

    image_url: str
    page_url: str = ""
    title: str = ""
    thumbnail: str = ""
    width: int | None = None  # pixels, as the engine claims
    height: int | None = None
    licence: str = ""  # its short name, as in "CC BY-SA 4.0"
    licence_url: str = ""
    author: str = ""


@dataclass(slots=True)
class ImageResult:
    """One image URL of the ledger on its way to its one outcome."""

    id: int
    url: str
    host: str
    tries: int = 0
    outcome: Outcome | None = None
    detail: str = ""
    retry_after: float | None = None  # seconds the host asked us to stay away
    sha256: str | None = None  # hex, of the bytes as served after Content-Encoding
    type: str | None = None  # MIME type decided from the content
    claimed_type: str | None = None  # what the Content-Type header said
    width: int | None = None
    height: int | None = None
    bytes: int | None = None
    fetched_at: float | None = None  # Unix time
    hops: tuple[str, ...] = ()  # URLs it was redirected to, in order

    @property
    def tries_used(self) -> int:
        """Tries of the URL, this one included if it says something about the URL."""
        return self.tries + (self.outcome not in FREE_OF_CHARGE)

    @property
    def final(self) -> bool:
        """Whether this outcome is the last word, or the URL is worth another try."""
        return self.outcome not in TRANSIENT or self.tries_used >= MAX_TRIES


@dataclass(slots=True)
class HitCount:
    """How many pages a web search claims to know for one quoted phrase."""

    engine: str
    phrase: str
    subject: dict[str, str]  # the attributes the phrase names, e.g. make and model
    term: str  # e.g. "suv"
    day: str  # UTC, as in 2026-11-26, of the series this count belongs to
    asked_locale: str = ""  # language and market that were asked for, as in "de-AT"
    locale: str = ""  # that the page says it is in
    count: int | None = None  # None where the page shows none; never 0 for a missing one
    raw: str = ""  # the text the count was read from
    verdict: PageVerdict | None = None
    detail: str = ""
    fetched_at: float | None = None
