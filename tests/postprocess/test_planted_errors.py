"""Which step finds which share of the errors that were planted."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from planted import CASES, OFF_TOPIC, RIGHT, WRONG, Planted, Planter

from carscrape.recipe import load
from carscrape.store import Store
from postprocess import cli, pipeline
from postprocess.funnel import Funnel, count, disagreements
from postprocess.labels import kept_images
from postprocess.second_look import judge_stages
from postprocess.stage import Stage
from postprocess.verdicts import Verdicts, image_ids

pytestmark = pytest.mark.accepts("G07")
KEPT_RIGHT, KEPT_WRONG = "kept, right", "kept, wrong"
Ended = list[tuple[Planted, str]]


@pytest.fixture(scope="module")
def planter(tmp_path_factory: pytest.TempPathFactory) -> Planter:
    return Planter(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def judged(planter: Planter) -> tuple[Ended, Funnel]:
    """Where each picture ended: kept with a right or wrong label, or rejected by whom for what."""
    return _run(planter, pipeline.build(load("cars"), backbone="demo"))


def _run(planter: Planter, stages: Sequence[Stage]) -> tuple[Ended, Funnel]:
    pipeline.run(planter.store, stages)
    labels, rejected = _labels(planter.store), _rejected(planter.store)
    ended = [(one, _end(one, labels, rejected)) for one in planter.pictures]
    print("\n".join(_table(ended)))
    return ended, count(planter.store)


def _labels(store: Store) -> dict[str, dict[str, str]]:
    rows = kept_images(store).to_pylist()
    return {row["id"].hex(): json.loads(row["attributes"]) for row in rows}


def _rejected(store: Store) -> dict[str, str]:
    verdicts = Verdicts(store)
    return {
        row["id"].hex(): f"{step.stage}: {row['reason']}"
        for step in verdicts.walk(image_ids(store), verdicts.current())
        for row in step.rejected.to_pylist()
    }


def _end(one: Planted, labels: dict[str, dict[str, str]], rejected: dict[str, str]) -> str:
    kept = [labels[image] for image in one.images if image in labels]
    if not kept:
        return rejected[one.images[0]]
    return KEPT_RIGHT if all(label == one.attributes for label in kept) else KEPT_WRONG


def _table(ended: Ended) -> list[str]:
    """As Markdown: how many of each kind ended where."""
    places = sorted({end for _, end in ended}, key=lambda place: (place.startswith("kept"), place))
    lines = [f"| planted | n | {' | '.join(places)} |", f"|---|---:|{'---:|' * len(places)}"]
    for kind, cases in CASES.items():
        for case, number in cases.items():
            found = Counter(end for one, end in ended if (one.kind, one.case) == (kind, case))
            shares = " | ".join(f"{found[place] or ''}" for place in places)
            lines.append(f"| {kind}: {case} | {number} | {shares} |")
    return lines


def share(ended: Ended, kind: str, end: str, *cases: str) -> float:
    """The share of the pictures of a kind, or of some cases of it, that ended so."""
    ends = [
        place for one, place in ended if one.kind == kind and one.case in (cases or CASES[kind])
    ]
    return sum(place.startswith(end) for place in ends) / len(ends)


def test_wrong_colours_are_found_or_put_right(judged: tuple[Ended, Funnel]) -> None:
    ended, _ = judged
    assert share(ended, WRONG, "label: wrong_colour", "colour") >= 0.6
    assert share(ended, WRONG, KEPT_RIGHT, "colour_too") >= 0.6
    assert share(ended, WRONG, KEPT_WRONG, "colour", "colour_too") <= 0.2


def test_wrong_models_are_found_where_anybody_says_the_right_one(
    judged: tuple[Ended, Funnel],
) -> None:
    ended, _ = judged
    assert share(ended, WRONG, "label: conflict", "model_too", "copy_too") >= 0.4
    assert share(ended, WRONG, KEPT_WRONG, "model_too", "copy_too") <= 0.1


def test_off_topic_pictures_are_found_by_the_subject(judged: tuple[Ended, Funnel]) -> None:
    ended, _ = judged
    assert share(ended, OFF_TOPIC, "subject: ") >= 0.9
    assert share(ended, OFF_TOPIC, "kept") <= 0.05


def test_few_right_ones_are_lost_and_none_is_mislabelled(judged: tuple[Ended, Funnel]) -> None:
    ended, _ = judged
    assert share(ended, RIGHT, "label: ") <= 0.03
    assert share(ended, RIGHT, "subject: ") <= 0.02
    assert share(ended, RIGHT, KEPT_RIGHT) >= 0.9
    assert share(ended, RIGHT, KEPT_WRONG) <= 0.01


def test_what_is_left_wrong_is_what_one_query_alone_said(judged: tuple[Ended, Funnel]) -> None:
    """Nothing tells of a wrong model that nobody contradicts, but that its confidence is low."""
    ended, _ = judged
    assert share(ended, WRONG, KEPT_WRONG) <= 0.3
    assert share(ended, WRONG, KEPT_WRONG, "model") >= 0.8
    left = [one.case for one, end in ended if (one.kind, end) == (WRONG, KEPT_WRONG)]
    assert left.count("model") >= 0.7 * len(left)


def test_the_funnel_shows_both_kinds(judged: tuple[Ended, Funnel]) -> None:
    ended, funnel = judged
    rejected = {f"{s.name}: {why}": n for s in funnel.stages for why, n in s.rejected.items()}
    for kind, ends in (
        (OFF_TOPIC, ("subject: no_subject", "subject: low_probability")),
        (WRONG, ("label: conflict", "label: wrong_colour")),
    ):
        planted = Counter(end for one, end in ended if one.kind == kind)
        assert all(0 < planted[end] <= rejected[end] for end in ends)
    assert disagreements(funnel) == []


def test_the_label_alone_finds_off_topic_pictures_that_turn_up_under_several(
    judged: tuple[Ended, Funnel], planter: Planter
) -> None:
    stages = pipeline.build(load("cars"), backbone="demo")
    ended, _ = _run(planter, [stage for stage in stages if stage.name != "subject"])
    assert share(ended, OFF_TOPIC, "label: ", "logo") >= 0.7


def test_a_judge_of_what_was_kept_finds_wrong_models_that_nobody_contradicts(
    judged: tuple[Ended, Funnel], planter: Planter, tmp_path: Path
) -> None:
    before, _ = judged
    stages = pipeline.build(load("cars"), backbone="demo")
    pipeline.run(planter.store, stages)
    train = ["train", str(planter.store.root), "--target", "model", "--backbone", "demo"]
    assert cli.main([*train, "--to", str(tmp_path / "judge")]) == 0
    after, _ = _run(planter, [*stages, *judge_stages(tmp_path / "judge")])
    assert share(after, WRONG, "agreement: contradicted", "model") >= 0.6
    assert share(after, WRONG, KEPT_WRONG) <= share(before, WRONG, KEPT_WRONG) / 2
    assert share(after, RIGHT, "agreement: ") <= 0.04
    assert share(after, RIGHT, KEPT_WRONG) <= share(before, RIGHT, KEPT_WRONG)
