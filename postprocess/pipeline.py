"""The stages in order, with their thresholds: the only place where they are chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from carscrape.recipe import Recipe
from carscrape.store import Store
from postprocess.runner import digest, run_image_stage, run_table_stage
from postprocess.stage import ImageStage, Stage, StageError, TableStage
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.subject import Subject
from postprocess.stages.verify import Verify
from postprocess.tables import input_table
from postprocess.verdicts import Generation, Verdicts, image_ids

NOT_RUN = "not run yet"


def build(recipe: Recipe, backbone: str = "ResNet50", weights: Path | None = None) -> list[Stage]:
    """The pipeline for a recipe: cheap stages first, so that the network sees few images."""
    return [
        Verify(min_side=48, max_pixels=40_000_000, max_aspect=5.0),
        Dedupe(),
        Subject(
            backbone=backbone,
            weights=weights,
            synsets=recipe.subject.synsets(),
            top_k=recipe.subject.top_k,
            min_probability=recipe.subject.min_probability,
        ),
        Label(),
    ]


def run(store: Store, stages: Sequence[Stage], only: str | None = None) -> list[Generation]:
    """Run all stages, or one of them, and make what they said count from now on.

    A stage that cannot run is skipped, and the others go on without it. Where one stage is run
    alone, the verdicts of the others go on counting as far as they still hold.

    Raises:
        StoreError: the store cannot be read or written.
    """
    verdicts = Verdicts(store)
    before = {generation.stage: generation for generation in verdicts.current()}
    ids = image_ids(store)
    done: list[Generation] = []
    for stage in stages:
        given = input_table(store, ids) if isinstance(stage, TableStage) else ids
        if only in (None, stage.name):
            generation = _run(store, stage, given, verdicts, done)
        else:
            generation = _standing(stage, given, verdicts, done, before)
        done.append(generation)
        ids = verdicts.kept(ids, [generation])
    verdicts.set_current(done)
    return done


def _run(
    store: Store,
    stage: Stage,
    given: pa.Array | pa.Table,
    verdicts: Verdicts,
    done: Sequence[Generation],
) -> Generation:
    """Let a stage judge what it is given; one that cannot run is skipped."""
    try:
        generation = _generation(stage, given, done)
        verdicts.set_current([*done, generation])  # so that `status` sees the stage at work
        if isinstance(stage, ImageStage):
            run_image_stage(store, stage, generation.key, given, verdicts)
        elif isinstance(stage, TableStage):
            run_table_stage(stage, generation.key, given, verdicts)
    except StageError as error:
        return _skipped(stage, str(error))
    return generation


def _standing(
    stage: Stage,
    given: pa.Array | pa.Table,
    verdicts: Verdicts,
    done: Sequence[Generation],
    before: Mapping[str, Generation],
) -> Generation:
    """What counts of a stage that is not run now: its last verdicts, if they still hold."""
    if isinstance(stage, TableStage):
        generation = _generation(stage, given, done)
        if verdicts.exists(stage.name, generation.key):
            return generation
    elif stage.name in before:
        return before[stage.name]
    return _skipped(stage, NOT_RUN)


def _generation(stage: Stage, given: pa.Array | pa.Table, done: Sequence[Generation]) -> Generation:
    """The verdicts that a stage gives on what it is given.

    Those of an image stage hang on the stage alone; those of a table stage on everything it sees.
    """
    identity = stage.identity()
    if not isinstance(stage, TableStage):
        return Generation(stage.name, stage.key(), identity, stage.reasons)
    upstream = [generation.key for generation in done if not generation.skipped]
    made_from = digest(given)
    identity |= {"upstream": upstream, "input": made_from}
    return Generation(stage.name, stage.key(*upstream, made_from), identity, stage.reasons)


def _skipped(stage: Stage, why: str) -> Generation:
    return Generation(stage.name, "", {}, stage.reasons, skipped=why)
