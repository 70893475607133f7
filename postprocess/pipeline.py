"""The stages in order, with their thresholds: the only place where they are chosen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.recipe import Recipe
from carscrape.store import Store
from postprocess import memory
from postprocess.executors import Executor
from postprocess.executors.local import Local
from postprocess.runner import digest, run_table_stage
from postprocess.stage import ImageStage, Stage, StageError, TableStage, plain
from postprocess.stages.colour import Colour
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.subject import Subject
from postprocess.stages.taken_down import TakenDown
from postprocess.stages.verify import Verify
from postprocess.tables import inherited, input_table
from postprocess.verdicts import Generation, Verdicts

NOT_RUN = "not run yet"
# Of an identity: what is chosen anew on each command line.
_NOT_IN_RECIPE = ("backbone", "weights", "threshold")


def build(
    recipe: Recipe,
    backbone: str = "ResNet50",
    weights: Path | None = None,
    runtime: str = "",
    signatures: Path | None = None,
) -> list[Stage]:
    """The pipeline for a recipe: cheap stages first, so that the network sees few images.

    Args:
        signatures: of what was taken down with all that looks like it; there may be no such file.
    """
    asked = recipe.subject
    return [
        Verify(
            min_side=48,
            max_pixels=40_000_000,
            max_aspect=5.0,
            max_trailing=asked.max_trailing,
            max_drawing=asked.max_drawing,
        ),
        *([TakenDown(signatures)] if signatures and signatures.exists() else []),
        Dedupe(),
        Subject(
            backbone=backbone,
            weights=weights,
            synsets=asked.synsets(),
            top_k=asked.top_k,
            min_probability=asked.min_probability,
            runtime=runtime,
        ),
        *([Colour()] if recipe.colour else []),
        Label(colour=recipe.colour),
    ]


def run(
    store: Store,
    stages: Sequence[Stage],
    only: str | None = None,
    executor: Executor | None = None,
) -> list[Generation]:
    """Run all stages, or one of them, and make what they said count from now on.

    A stage that cannot run leaves its earlier verdicts counting; where there are none, it is
    skipped and the others go on without it. Where one stage is run alone, the verdicts of the
    others go on counting as far as they still hold.

    Args:
        executor: how the image stages run; None: on this machine, with a worker per core.

    Raises:
        StoreError: the store cannot be read or written; what counted before still does.
    """
    return _Pass(store, stages, executor or Local()).through(only)


class _Pass:
    """One pass through the stages."""

    def __init__(self, store: Store, stages: Sequence[Stage], executor: Executor) -> None:
        self._store, self._stages, self._executor = store, stages, executor
        self._verdicts = Verdicts(store)
        self._before = {generation.stage: generation for generation in self._verdicts.current()}
        self._done: list[Generation] = []
        self._table = input_table(store)  # of the images that all stages in `_done` kept

    def through(self, only: str | None) -> list[Generation]:
        for stage in self._stages:
            try:
                generation = (
                    self._judged(stage)
                    if stage.always or only in (None, stage.name)
                    else self._standing(stage)
                )
            except StageError as error:
                generation = self._failed(stage, str(error))
            self._pass_on(stage, generation)
            self._done.append(generation)
            memory.release()
        self._verdicts.set_current(self._done)
        return self._done

    def _pass_on(self, stage: Stage, generation: Generation) -> None:
        """Narrow the table to what a stage kept; who stands for others gets what found those."""
        if stage.keeper and not generation.skipped:
            names = ["id", stage.keeper]
            keepers = self._verdicts.read(generation.stage, generation.key, names)
            self._table = inherited(self._table, keepers)
        kept = self._verdicts.kept(self._ids(), [generation])
        self._table = self._table.filter(pc.is_in(self._table["id"], value_set=kept))

    def _ids(self) -> pa.Array:
        return self._table["id"].combine_chunks()

    def _judged(self, stage: Stage) -> Generation:
        """Let a stage judge what the ones before it kept."""
        ran = {generation.stage for generation in self._done if not generation.skipped}
        for name in stage.needs:
            if name not in ran:
                raise StageError(f"{name} has not run")
        generation = self._generation(stage)
        if not self._counts(stage):
            self._show_at_work(generation)
        if isinstance(stage, ImageStage):
            self._executor.run(self._store, stage, generation.key, self._ids(), self._verdicts)
        elif isinstance(stage, TableStage):
            keys = {each.stage: each.key for each in self._done if not each.skipped}
            run_table_stage(stage, generation.key, self._table, self._verdicts, keys)
        return generation

    def _counts(self, stage: Stage) -> bool:
        earlier = self._before.get(stage.name)
        return earlier is not None and not earlier.skipped

    def _show_at_work(self, generation: Generation) -> None:
        """Let `status` see a stage that has no verdicts yet, and those after it as they are."""
        names = [stage.name for stage in self._stages]
        later = names[names.index(generation.stage) + 1 :]
        standing = [self._before[name] for name in later if name in self._before]
        self._verdicts.set_current([*self._done, generation, *standing])

    def _standing(self, stage: Stage) -> Generation:
        """What counts of a stage that is not run now: its last verdicts, if they still hold."""
        earlier = self._before.get(stage.name)
        if isinstance(stage, TableStage):
            generation = self._generation(stage)
            if self._verdicts.exists(stage.name, generation.key):
                return generation
        elif earlier and (
            earlier.skipped or _of_recipe(earlier.identity) == _of_recipe(stage.identity())
        ):
            return earlier
        return _skipped(stage, NOT_RUN)

    def _failed(self, stage: Stage, why: str) -> Generation:
        """What counts of a stage that cannot run: what it said before, if anything."""
        if self._counts(stage):
            return replace(self._before[stage.name], failed=why)
        return _skipped(stage, why)

    def _generation(self, stage: Stage) -> Generation:
        """The verdicts that a stage gives on what the ones before it kept.

        Those of an image stage hang on the stage alone; those of a table stage on all it sees. What
        it reads of earlier stages is covered by their keys and the ids, so nothing large is hashed.
        """
        identity = stage.identity()
        if not isinstance(stage, TableStage):
            return Generation(stage.name, stage.key(), identity, stage.reasons)
        upstream = [generation.key for generation in self._done if not generation.skipped]
        made_from = digest(self._table)
        identity |= {"upstream": upstream, "input": made_from}
        return Generation(stage.name, stage.key(*upstream, made_from), identity, stage.reasons)


def _of_recipe(identity: Mapping[str, Any]) -> dict[str, Any]:
    """What of an identity is not chosen on the command line, as it reads back from JSON."""
    read: dict[str, Any] = json.loads(json.dumps(identity, default=plain))
    return {name: value for name, value in read.items() if name not in _NOT_IN_RECIPE}


def _skipped(stage: Stage, why: str) -> Generation:
    return Generation(stage.name, "", {}, stage.reasons, skipped=why)
