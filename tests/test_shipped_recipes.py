import os
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

import carscrape
from carscrape.recipe import load, shard_of

SYNSETS = Path(__file__).parents[1] / "postprocess" / "models" / "imagenet_synsets.tsv"


def test_shards_are_about_equal() -> None:
    sizes = Counter(shard_of(query.id, 8) for query in load("cars").queries())
    assert sorted(sizes) == list(range(1, 9))
    assert max(sizes.values()) < 1.2 * min(sizes.values())


@pytest.mark.parametrize("name", ["cars", "dogs"])
def test_shipped_recipes_work_all_the_way(name: str, tmp_path: Path) -> None:
    recipe = load(name)
    queries = list(recipe.queries())
    assert len({query.text.casefold() for query in queries}) == len(queries)
    assert len({query.id for query in queries}) == len(queries)
    phrases = [phrase.text.casefold() for phrase in recipe.hit_phrases()]
    assert len(set(phrases)) == len(phrases) > 0
    assert recipe.subject.synsets() <= set(SYNSETS.read_text().split())
    recipe.save(tmp_path)
    assert load(tmp_path / "recipe.toml") == recipe


def test_cars_is_the_run_to_beat() -> None:
    cars = load("cars")
    assert cars.attributes == ("color", "make", "model")
    assert 9_500 < sum(1 for _ in cars.queries()) < 10_500
    assert len(cars.subject.synsets()) == 22
    only = {"color": ["red"], "make": ["ford"], "model": ["mustang"]}
    assert [query.text for query in cars.queries(only)] == ["red Ford Mustang"]


def test_dogs_has_other_attributes_and_terms() -> None:
    dogs = load("dogs")
    only = {"breed": ["Pug"], "coat": ["fawn"]}
    assert [query.text for query in dogs.queries(only)] == ["fawn pug dog"]
    assert [phrase.text for phrase in dogs.hit_phrases(only)] == [
        '"pug puppy"',
        '"pug adult"',
        '"pug show dog"',
        '"pug working dog"',
    ]


def test_shipped_recipes_load_from_inside_a_zip(tmp_path: Path) -> None:
    package = Path(carscrape.__file__).parent
    archive = tmp_path / "carscrape.egg"
    with zipfile.ZipFile(archive, "w") as egg:
        for path in package.rglob("*"):
            if path.suffix in {".py", ".toml", ".csv"}:
                egg.write(path, path.relative_to(package.parent))
    code = "from carscrape import recipe; print(recipe.__file__, recipe.load('cars').name)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [f"{archive}{os.sep}carscrape{os.sep}recipe.py", "cars"]
