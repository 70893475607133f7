"""kill -9 at every step and at random moments, then resume: as if nothing had happened.

`--seed N` repeats a run, `--torture` strikes at every step and at fifty moments.
"""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.crashing import Undisturbed, survive_both, undisturbed
from tests.crawling import recipe
from tests.faulty.steps import HIT_STEPS, STEPS

WORDS = {  # with every step in them, and nothing that takes long
    "realistic": ("throttleonce white ford 9", "nothingme"),
    "hostile": ("blockonce blue ford 57", "nothingme"),
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    found = {}
    for mode, words in WORDS.items():
        folder = tmp_path_factory.mktemp(mode)
        chosen = (recipe(folder, *words), "per_query=55")
        found[mode] = undisturbed(folder, "image_search", mode, *chosen)
    return found


@pytest.fixture(scope="module")
def hits(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("hits")
    argument = recipe(folder, "ford", "bmw", "throttleonce kia")
    with open(argument.partition("=")[2], "a", encoding="utf-8") as file:
        file.write('[hits]\nphrase = "{word} {term}"\nterms = ["car", "suv", "truck"]\n')
    return undisturbed(folder, "hitcounts", "realistic", argument)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    """Chance that a run with the same --seed repeats, whichever other tests it has."""
    seed = request.config.option.seed
    print(f"repeat this with --seed {seed}")
    return Random(f"{seed} {request.node.name}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    torture = metafunc.config.option.torture
    for name, steps, few in (("step", STEPS, 7), ("hit_step", HIT_STEPS, 2)):
        if name in metafunc.fixturenames:
            sample = Random(metafunc.config.option.seed).sample(steps, few)
            metafunc.parametrize(name, [_bearing(step) for step in (steps if torture else sample)])
    for name, few, many in (("pair", 3, 25), ("triple", 1, 5)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, range(many if torture else few))


def _bearing(step: str) -> Any:
    """A step as a parameter: those between a file's first byte and its row show E02."""
    ids = ("E01", "E03", "E02") if step.startswith("image") else ("E01", "E03")
    return pytest.param(step, marks=pytest.mark.accepts(*ids))


@pytest.mark.accepts("E01", "E02")
def test_an_undisturbed_crawl_reaches_every_step(
    images: dict[str, Undisturbed], hits: Undisturbed
) -> None:
    """Else the tests below would strike at nothing."""
    assert set(STEPS) - set(images["realistic"].steps) == set()
    assert set(HIT_STEPS) - set(hits.steps) == set()
    reached = set().union(hits.steps, *(whole.steps for whole in images.values()))
    assert reached - {*STEPS, *HIT_STEPS} == set()


def test_a_kill_at_a_step_loses_nothing(
    tmp_path: Path, images: dict[str, Undisturbed], chance: Random, step: str
) -> None:
    """The first time it is reached; and some other time, then at once in the run after that."""
    whole = images["realistic"]
    later = chance.randint(1, whole.steps[step])
    first, again = survive_both(
        tmp_path, (whole, (f"{step}:1",)), (whole, (f"{step}:{later}", f"{step}:1"))
    )
    assert first == 1
    assert again >= 1


@pytest.mark.accepts("E01", "E02")
def test_a_kill_at_any_moment_loses_nothing(
    tmp_path: Path, images: dict[str, Undisturbed], chance: Random, pair: int
) -> None:
    """Before or after anything the process does; and whenever the web has seen enough."""
    step, asks = (images[chance.choice([*WORDS])] for _ in range(2))
    survived = survive_both(
        tmp_path,
        (step, (f"any:{chance.randint(1, step.moments)}",)),
        (asks, (f"asks:{chance.randint(1, asks.asks)}",)),
    )
    assert list(survived) == [1, 1]


@pytest.mark.accepts("E03")
def test_three_kills_in_a_row_lose_nothing(
    tmp_path: Path, images: dict[str, Undisturbed], chance: Random, triple: int
) -> None:
    step, asks = (images[chance.choice([*WORDS])] for _ in range(2))
    # A third each, for a resumed crawl has less to do.
    survived = survive_both(
        tmp_path,
        (step, tuple(f"any:{chance.randint(1, step.moments // 3)}" for _ in range(3))),
        (asks, tuple(f"asks:{chance.randint(1, asks.asks // 4)}" for _ in range(3))),
        least=3,
    )
    assert list(survived) == [3, 3]


def test_a_kill_while_hits_are_counted_loses_nothing(
    tmp_path: Path, hits: Undisturbed, chance: Random, hit_step: str
) -> None:
    later = chance.randint(1, hits.steps[hit_step])
    survived = survive_both(
        tmp_path,
        (hits, (f"{hit_step}:1",)),
        (hits, (f"{hit_step}:{later}", f"any:{chance.randint(1, hits.moments // 3)}")),
    )
    assert min(survived) >= 1
