"""The runs that filled a store, and the stages that judged it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from carscrape.store import Store
from postprocess.models.facts import DEMO
from postprocess.verdicts import Generation

MOST = 50
_OWN_NAMES = {"stage", "version", "upstream", "input"}  # of an identity: no parameters
_LONGEST = 64  # characters of a parameter


@dataclass(frozen=True)
class Run:
    """One run of a spider, in words."""

    started: str
    lasted: str
    spider: str
    arguments: str
    versions: str
    ended: str


@dataclass(frozen=True)
class Judge:
    """One stage: what it was told, and the key its verdicts lie under."""

    stage: str
    key: str
    parameters: tuple[tuple[str, str], ...]
    demo: bool  # its model only knows the demo's drawings
    skipped: str


def read_runs(store: Store) -> list[Run]:
    """The latest `MOST` runs, the latest first."""
    rows = sorted(store.rows("select * from run"), key=lambda row: -row["started_at"])
    return [
        Run(
            started=moment(row["started_at"]),
            lasted=_duration(row["started_at"], row["ended_at"]),
            spider=row["spider"],
            arguments=_pairs(row["arguments"]),
            versions=_pairs(row["versions"]),
            ended=_ended(row["reason"], row["exit_code"]),
        )
        for row in rows[:MOST]
    ]


def judges(generations: Sequence[Generation]) -> list[Judge]:
    """The stages as they count now."""
    return [
        Judge(
            stage=generation.stage,
            key=generation.key,
            parameters=tuple(
                (name, _value(value))
                for name, value in generation.identity.items()
                if name not in _OWN_NAMES
            ),
            demo=uses_demo_model(generation),
            skipped=generation.skipped,
        )
        for generation in generations
    ]


def uses_demo_model(generation: Generation) -> bool:
    """Say whether a stage judged with the demo's model, which only knows drawings."""
    return generation.identity.get("backbone") == DEMO


def moment(seconds: float) -> str:
    """A Unix time for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y, %H:%M UTC")


def _duration(start: float, end: float | None) -> str:
    if end is None:
        return ""
    seconds = round(end - start)
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _ended(reason: str | None, exit_code: int | None) -> str:
    if reason is None:
        return "has not ended, or was killed"
    return f"{reason} (exit code {exit_code})" if exit_code else reason


def _pairs(text: str) -> str:
    return ", ".join(f"{name}={value}" for name, value in json.loads(text).items())


def _value(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) > 4:
        return f"{len(value):,} values"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
