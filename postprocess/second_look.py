"""A judge that was trained, at the end of the pipeline."""

from collections.abc import Sequence
from pathlib import Path

from carscrape.store import Store
from postprocess.models.judges import read_judge
from postprocess.stage import Stage
from postprocess.stages.agreement import Agreement
from postprocess.stages.trained import Trained
from postprocess.verdicts import Verdicts


def judge_stages(folder: Path | None) -> list[Stage]:
    """The stages of a judge, which come last; none where there is no judge.

    Raises:
        UsageError: the folder holds no judge, or a damaged one.
    """
    if folder is None:
        return []
    judge = read_judge(folder)
    return [Trained(judge), Agreement(judge)]


def without_judge(store: Store, stages: Sequence[Stage]) -> list[str]:
    """What to say where a trained judge took part in the last run and does not in this one."""
    ran = {generation.stage for generation in Verdicts(store).current() if not generation.skipped}
    if Agreement.name in ran - {stage.name for stage in stages}:
        return [
            f"{store.root} was judged with a trained judge, and what that rejected comes back: "
            "give --judge FOLDER to keep it"
        ]
    return []
