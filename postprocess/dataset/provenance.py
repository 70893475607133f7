"""How a dataset was made: what its card and its metadata state."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from carscrape.ledger.takedowns import read_takedowns
from carscrape.recipe import Recipe, load
from carscrape.store import Store
from postprocess.dataset.examples import Example
from postprocess.funnel import Funnel, count
from postprocess.labels import WHO_FOUND
from postprocess.verdicts import Generation, Verdicts

MANIFESTS = ("manifest.csv", "manifest.parquet")
"""What an exporter may call the list of its images."""

_LICENCES = f"select image.sha256, result.licence, result.licence_url {WHO_FOUND}"
_RUNS = "select spider, arguments, versions, started_at, reason from run order by started_at"


@dataclass(frozen=True)
class Licence:
    """A licence that engines named, and of how many images."""

    name: str  # "" where none was named
    images: int
    with_url: int  # of these, how many have a URL where it can be read


@dataclass(frozen=True)
class Run:
    """A run that filled the store."""

    spider: str
    started: float  # Unix time
    arguments: dict[str, str]
    versions: dict[str, str]


@dataclass(frozen=True)
class Provenance:
    """What is known of the making of a dataset."""

    recipe: Recipe
    runs: tuple[Run, ...]
    funnel: Funnel
    stages: tuple[Generation, ...]
    licences: tuple[Licence, ...]  # of the images of the dataset, the commonest first
    queries: tuple[str, ...]  # that found them, sorted
    engines: tuple[str, ...]
    fetched: tuple[float, float] | None  # Unix times of the first and the last image
    manifest: tuple[str, str] | None  # its name and sha256
    taken_down: int  # images that were removed because somebody asked


def read_provenance(store: Store, folder: Path, examples: Sequence[Example]) -> Provenance:
    """Read them from a store and the folder that the examples were exported to.

    Raises:
        RecipeError: the store's recipe is damaged.
        StoreError: the store cannot be read.
    """
    times = sorted(example.fetched_at for example in examples if example.fetched_at is not None)
    return Provenance(
        recipe=load(str(store.recipe_path)),
        runs=tuple(_runs(store)),
        funnel=count(store),
        stages=tuple(Verdicts(store).current()),
        licences=tuple(_licences(store, examples)),
        queries=tuple(sorted({example.source.query_text for example in examples})),
        engines=tuple(sorted({example.source.engine for example in examples})),
        fetched=(times[0], times[-1]) if times else None,
        manifest=_manifest(folder),
        taken_down=len(read_takedowns(store).images),
    )


def _runs(store: Store) -> list[Run]:
    rows = sorted(store.rows(_RUNS), key=lambda row: row["started_at"])
    return [
        Run(row["spider"], row["started_at"], *map(json.loads, (row["arguments"], row["versions"])))
        for row in rows
    ]


def _licences(store: Store, examples: Sequence[Example]) -> list[Licence]:
    """What the first engine that named a licence said of each image."""
    named: dict[str, tuple[str, str]] = {}
    for row in store.rows(_LICENCES):
        said = (row["licence"] or "", row["licence_url"] or "")
        if any(said) and not any(named.get(row["sha256"], ())):
            named[row["sha256"]] = said
    counted: Counter[str] = Counter()
    with_url: Counter[str] = Counter()
    for example in examples:
        name, url = named.get(example.id, ("", ""))
        counted[name] += 1
        with_url[name] += bool(url)
    return [Licence(name, n, with_url[name]) for name, n in counted.most_common()]


def _manifest(folder: Path) -> tuple[str, str] | None:
    for name in MANIFESTS:
        path = folder / name
        if path.is_file():
            return name, hashlib.sha256(path.read_bytes()).hexdigest()
    return None
