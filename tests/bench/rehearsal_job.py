"""The seed's job at a scale: its recipe, and where the rehearsal keeps its files."""

import csv
import shutil
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from carscrape.recipe import load, shard_of
from carscrape.store import Store, StoreError, open_ledger
from tests.bench.measure import ROOT
from tests.bench.web import PAGE_SIZE

MODELS, COLORS, PER_QUERY = 1_046, 10, 100
QUERIES = MODELS * COLORS
SHARDS = 2
_SEED_MODELS = ROOT.parent / "shared" / "cars" / "seed_models.csv"
_OWN = ROOT / "carscrape" / "recipes"


@dataclass(frozen=True)
class Job:
    """So much of the seed's job, in a folder of its own."""

    folder: Path
    scale: float

    @property
    def recipe(self) -> Path:
        """The recipe cars with the seed's models."""
        return self.folder / "cars.toml"

    @property
    def store(self) -> Store:
        """Where the crawl puts what it finds."""
        return Store(self.folder / "store")

    @property
    def queries(self) -> int:
        """How many of the seed's queries are asked; each has up to PER_QUERY images."""
        return max(1, round(QUERIES * self.scale))

    def log(self, name: str) -> Path:
        """Where a program's output goes."""
        return self.folder / f"{name}.log"

    @property
    def whose(self) -> str:
        """Whose models these are."""
        return _models()[1]

    def prepare(self) -> None:
        """Make the folder anew, and the recipe in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        models, _ = _models()
        with (self.folder / "cars.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("make", "model"), *models])
        self.recipe.write_text((_OWN / "cars.toml").read_text("utf-8"), "utf-8")

    def pages(self, shard: int) -> int:
        """How many result pages a shard will ask."""
        queries = islice(load(self.recipe).queries(), self.queries)
        mine = sum(shard_of(query.id, SHARDS) == shard for query in queries)
        return mine * PER_QUERY // PAGE_SIZE

    def pages_asked(self, shard: int) -> int:
        """How many it has asked by now."""
        return self._count(shard, "select count(*) from page where verdict is not null")

    def images_ended(self) -> int:
        """How many images of all shards have an outcome by now."""
        return self._count_all("select count(*) from image where outcome is not null")

    def images_waiting(self) -> int:
        """How many a later run would ask."""
        return self._count_all("select count(*) from image where final = 0")

    def _count_all(self, sql: str) -> int:
        return sum(self._count(shard, sql) for shard in range(1, SHARDS + 1))

    def _count(self, shard: int, sql: str) -> int:
        try:
            with open_ledger(self.store.ledger_path(f"{shard}-of-{SHARDS}")) as ledger:
                (count,) = ledger.execute(sql).fetchone()
        except StoreError:  # not begun
            return 0
        return int(count)


def _models() -> tuple[list[tuple[str, str]], str]:
    """Make and model of every model of the seed, or as many of our own; and whose they are."""
    if _SEED_MODELS.exists():
        with _SEED_MODELS.open(encoding="utf-8", newline="") as file:
            return [(make, model) for make, model in csv.reader(file)], "the seed's models"
    with (_OWN / "cars.csv").open(encoding="utf-8", newline="") as file:
        own = [(row["make"], row["model"]) for row in csv.DictReader(file)]
    wagons = [(make, f"{model} Wagon") for make, model in own[: MODELS - len(own)]]
    return own + wagons, f"{len(own)} models of the recipe cars and {len(wagons)} wagons of them"
