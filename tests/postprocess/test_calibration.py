from pathlib import Path

import pytest
from stores import RECIPE, make_store

from carscrape.recipe import load as load_recipe
from postprocess import cli, pipeline
from postprocess.models.calibration import calibration, remarks
from postprocess.models.facts import INPUT_SIZES
from postprocess.stages.subject import Subject
from postprocess.verdicts import Verdicts

CARS = load_recipe("cars").subject.synsets()


@pytest.mark.parametrize("backbone", ["demo", *INPUT_SIZES])
def test_every_network_has_a_threshold_and_a_reason(backbone: str) -> None:
    least, why = calibration(backbone)
    assert 0 < least < 1
    assert why
    assert Subject(backbone, None, CARS).threshold == least
    assert Subject(backbone, None, CARS, min_probability=0.0).threshold == 0.0


def test_the_threshold_is_part_of_the_key() -> None:
    least = calibration("MobileNetV2").min_probability
    keys = {Subject("MobileNetV2", None, CARS, min_probability=p).key() for p in (None, least)}
    assert len(keys) == 2
    assert Subject("MobileNetV2", None, CARS).identity()["threshold"] == least


def test_a_threshold_that_no_recipe_says_is_said_with_its_reason() -> None:
    (said,) = remarks("MobileNetV2", None)
    assert "MobileNetV2 keeps from a probability of 0.2 on: keeps 99.9 % of 764 cars" in said
    assert remarks("MobileNetV2", 0.0) == []


def test_it_is_printed_by_a_run_and_the_verdicts_stand_whatever_network_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`label` names no network: what the last one said must not fall for its threshold."""
    store = make_store(tmp_path, [])
    store.recipe_path.write_text(RECIPE.replace("min_probability = 0.1\n", ""))
    cli.main(["run", str(store.root), "--backbone", "demo"])
    assert "postprocess: demo keeps from a probability of" in capsys.readouterr().err
    keys = [g.key for g in Verdicts(store).current()]
    cli.main(["label", str(store.root)])
    assert "keeps from" not in capsys.readouterr().err
    assert [g.key for g in Verdicts(store).current()] == keys


def test_a_recipe_with_a_colour_has_the_stage_and_another_has_not() -> None:
    def names(recipe: str) -> list[str]:
        return [stage.name for stage in pipeline.build(load_recipe(recipe))]

    assert names("cars") == ["verify", "dedupe", "subject", "colour", "label"]
    assert names("dogs") == ["verify", "dedupe", "subject", "label"]
