"""Turns what the report knows into HTML in which strangers' text stays text."""

from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from postprocess.report.missing import Missing
from postprocess.report.wording import reason
from postprocess.visible import visible

_LONGEST = 300  # characters of one text


def render(**values: Any) -> str:
    """The page, complete in one file."""
    environment = Environment(
        loader=PackageLoader("postprocess.report"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "minus": _minus,
        "decimal": _decimal,
        "percent": _percent,
        "share": _share,
        "interval": _interval,
        "reason": reason,
        "link": link,
    }
    environment.tests["missing"] = lambda part: isinstance(part, Missing)
    css = "".join(_read(name) for name in ("page.css", "parts.css"))
    return environment.get_template("report.html").render(css=Markup(css), **values)  # noqa: S704


def shown(value: object) -> object:
    """What a template prints: text without characters that are not seen, and not too long."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
    return visible(text)


def link(url: str) -> str:
    """The URL if it may be a link: http or https, with a host and nothing unseen; else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    plain = len(url) <= _LONGEST and shown(url) == url
    return url if parts.scheme in ("http", "https") and parts.netloc and plain else ""


def _number(value: int) -> str:
    return f"{value:,}"


def _minus(value: int) -> str:
    """A loss; a dot where nothing was lost."""
    return f"{value:,}" if value else "·"


def _decimal(value: float | None) -> str:
    if value is None:
        return "–"
    if 0 < value < 0.05:
        return "<\xa00.1"
    return f"{value:,.0f}" if value >= 10 or not value else f"{value:.1f}"


def _percent(part: int, whole: int) -> str:
    """A share in %, never rounded to all or nothing."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "<\xa01\xa0%"
    return ">\xa099\xa0%" if 99 < percent < 100 else f"{percent:.0f}\xa0%"


def _share(value: float | None) -> str:
    """A share from 0 to 1 in %, to one digit."""
    return "unknown" if value is None else f"{100 * value:.1f}\xa0%"


def _interval(ends: tuple[float, float]) -> str:
    """From where to where a share may be, in %."""
    low, high = (100 * end for end in ends)
    return f"{low:.1f}–{high:.1f}\xa0%"


def _read(name: str) -> str:
    return (resources.files("postprocess.report") / "templates" / name).read_text(encoding="utf-8")
