"""What the real web would add to a rehearsal: the politeness that `scrapy plan` reckons with."""

import json
import os
import subprocess
import sys

from carscrape.engines.base import engine_names, load_engine
from tests.bench.document import table
from tests.bench.measure import ROOT
from tests.bench.rehearsal_job import QUERIES, Job

# Nothing is asked, so any key will do.
_KEYS = {
    "CARSCRAPE_FLICKR_KEY": "any",
    "CARSCRAPE_BRAVE_KEY": "any",
    "CARSCRAPE_SEARXNG_URL": "http://127.0.0.1:8888",
}


def section(job: Job) -> str:
    """What each engine would be asked for the whole of the seed's job, whatever the scale."""
    names = [name for name in engine_names() if _is_real(name)]
    planned = {name: _plan(job, name) for name in names}
    rows = [_row(name, plan) for name, plan in planned.items()]
    downloads = next((plan for plan in planned.values() if isinstance(plan, dict)), None)
    return (
        f"What the real web would add, by `scrapy plan` for all {QUERIES:,} queries at each "
        "engine's own pause; nothing of it was asked. Engines are asked side by side, so several "
        "take as long as the slowest:\n\n"
        + table(["engine", "requests", "pause", "time"], rows)
        + (_downloads(downloads) if downloads else "")
    )


def _is_real(name: str) -> bool:
    engine = load_engine(name)
    return engine.finds_images and not engine.is_demo


def _plan(job: Job, engine: str) -> dict[str, float] | str:
    """What `scrapy plan` says of an engine; in words where it refuses it."""
    given = ("-a", f"recipe={job.recipe}", "-a", f"engines={engine}")
    asked = [sys.executable, "-m", "scrapy", "plan", "--json", *given]
    done = subprocess.run(
        [*asked, "-s", f"STORE={job.folder / 'unasked'}"],
        cwd=ROOT,
        env={**_KEYS, **os.environ},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return done.stderr.strip()
    plan = json.loads(done.stdout)
    return {**plan, "pause": plan["engines"][0]["delay"]}


def _row(name: str, plan: dict[str, float] | str) -> list[str]:
    if isinstance(plan, str):
        return [name, plan, "", ""]
    hours = f"{plan['seconds'] / 3600:.1f} h"
    return [name, f"{plan['requests']:,.0f}", f"{plan['pause']:g} s", hours]


def _downloads(plan: dict[str, float]) -> str:
    pace, size = 1 / plan["seconds_per_image"], plan["bytes"] / 1e9
    return (
        f"\nAnd for the images of one engine: {pace:g} a second from one host at most, so "
        f"{plan['download_seconds'] / 60:.0f} min or more if {plan['hosts']} hosts held equally "
        f"many of {plan['images']:,.0f}; nobody knows before how many there are. "
        f"{size:.0f} GB at {plan['mean_bytes'] / 1000:.0f} kB.\n"
    )
