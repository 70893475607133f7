"""Moods of the demo web's engines: what goes wrong at which of the questions an engine is asked.

`demo_html=captcha:3-5,demo=layout:7-` makes the third to the fifth question to `demo_html` meet a
captcha, and everything from the seventh on that `demo` is asked an unknown layout. So engines that
are crawled together each go wrong in their own way, and heal in the order they were asked.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from carscrape.demo.faults import MOODS

_PATHS = {
    "/api/images": "demo",
    "/images/search": "demo_html",
    "/images/async": "demo_html",
    "/keyed/images": "demo_keyed",
    "/browser/images": "demo_browser",
    "/search": "demo",
}
ENGINES = tuple(dict.fromkeys(_PATHS.values()))
_MOOD = re.compile(r"(\w+)=(\w+):([1-9]\d{0,8})(-?)(\d{0,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mood:
    """What is wrong with an engine from its question `first` to `last`, counted from 1."""

    engine: str
    fault: str
    first: int
    last: int | None  # None: for good


def read_moods(text: str) -> tuple[Mood, ...]:
    """The moods that a text such as `demo_html=captcha:3-5,demo=layout:7-` names.

    Raises:
        ValueError: the text says what was expected.
    """
    return tuple(_read(part.strip()) for part in text.split(",") if part.strip())


def _read(text: str) -> Mood:
    found = _MOOD.fullmatch(text)
    if not found:
        raise ValueError(f"expected ENGINE=MOOD:FIRST-LAST, as in demo=layout:7-, got {text!r}")
    engine, fault, first, dash, last = found.groups()
    if engine not in ENGINES:
        raise ValueError(f"there is no engine {engine!r}; there are {', '.join(ENGINES)}")
    if fault not in MOODS:
        raise ValueError(f"there is no mood {fault!r}; there are {', '.join(MOODS)}")
    end = int(last or first) if last or not dash else None
    if end is not None and end < int(first):
        raise ValueError(f"{text!r} ends before it begins")
    return Mood(engine, fault, int(first), end)


def engine_of(path: str) -> str:
    """The engine that is asked at a path: the one its `engine` names, else the path's own."""
    parts = urlsplit(path)
    named = parse_qs(parts.query).get("engine")
    return named[0] if named and parts.path in _PATHS else _PATHS.get(parts.path, "")


class Moods:
    """Counts what each engine is asked, and says what goes wrong with the answer."""

    def __init__(self, moods: Sequence[Mood], asked: Mapping[str, int]) -> None:
        """`asked`: path -> how often it was asked before, for a server that was restarted."""
        self._moods = moods
        self._times: Counter[str] = Counter()
        for path, times in asked.items():
            self._times[engine_of(path)] += times

    def next(self, path: str) -> str:
        """Count one more question; a name of `faults.MOODS`, or "" if nothing goes wrong."""
        engine = engine_of(path)
        self._times[engine] += 1
        times = self._times[engine]
        for mood in self._moods:
            if mood.engine == engine and mood.first <= times <= (mood.last or times):
                return mood.fault
        return ""
