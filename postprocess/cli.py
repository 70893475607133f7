"""python -m postprocess VERB STORE: judges, counts, shows and exports what a store holds.

Each verb imports what it needs itself, so that `--help` and `status` wait for no network.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

from carscrape.recipe import RecipeError, load
from carscrape.store import Store, StoreError, WriteError
from postprocess.options import NETWORK_VERBS, STAGE_VERBS, parser
from postprocess.places import brought, found
from postprocess.usage import UsageError

if TYPE_CHECKING:
    from postprocess.funnel import Funnel

DONE, NOT_CREDIBLE, WRONG_USAGE, CANNOT_WRITE, STOPPED = 0, 1, 2, 74, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        with _store(options) as store:
            return _VERBS[options.verb](options, store)
    except (UsageError, RecipeError) as error:
        return _say(WRONG_USAGE, str(error))
    except WriteError as error:
        return _say(CANNOT_WRITE, str(error))
    except (StoreError, OSError) as error:
        return _say(NOT_CREDIBLE, str(error))
    except KeyboardInterrupt:
        return _say(STOPPED, "stopped; what was judged is kept, run again to go on")


def _store(options: argparse.Namespace) -> AbstractContextManager[Store]:
    """The store that the command line names; only `adopt` may name one that is not there."""
    if isinstance(options.store, str):
        judge = options.verb in STAGE_VERBS
        return brought(options.store, judge=judge, engine=getattr(options, "engine", ""))
    return nullcontext(Store(options.store)) if options.verb == "adopt" else found(options.store)


def _print(text: object) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(code: int, *lines: str) -> int:
    from postprocess.visible import visible

    for line in lines:
        print(f"postprocess: {visible(line)}", file=sys.stderr)
    return code


def _run(options: argparse.Namespace, store: Store) -> int:
    from postprocess import pipeline
    from postprocess.executors import executor
    from postprocess.funnel import count
    from postprocess.look_alikes import signatures_path
    from postprocess.models.calibration import remarks
    from postprocess.second_look import judge_stages, without_judge
    from postprocess.status import as_text

    recipe = load(str(store.recipe_path))
    if options.verb in NETWORK_VERBS:
        _check_backbone(options)
        _say(DONE, *remarks(options.backbone, recipe.subject.min_probability))
    stages = pipeline.build(
        recipe, options.backbone, options.weights, options.runtime, signatures_path(store)
    )
    stages += judge_stages(options.judge)
    _say(DONE, *without_judge(store, stages))
    only = None if options.verb == "run" else options.verb
    with executor(options.engine, options.workers, options.address) as chosen:
        pipeline.run(store, stages, only, chosen)
    funnel = count(store)
    _print(as_text(funnel))
    return _concluded(store, funnel, only)


def _check_backbone(options: argparse.Namespace) -> None:
    from postprocess.backbones import check_backbone
    from postprocess.models.weights import BackboneError

    try:
        check_backbone(options.backbone, options.weights, options.runtime, options.weights_sha256)
    except BackboneError as error:
        raise UsageError(str(error)) from error


def _concluded(store: Store, funnel: "Funnel", only: str | None = None) -> int:
    """Say why what was made is not credible, if it is not."""
    from postprocess.status import failures, problems
    from postprocess.verdicts import Verdicts

    wrong = failures(Verdicts(store).current(), only) + problems(funnel, only)
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _status(options: argparse.Namespace, store: Store) -> int:
    from postprocess.funnel import count, disagreements
    from postprocess.status import as_text

    funnel = count(store)
    _print(json.dumps(asdict(funnel), indent=1) if options.json else as_text(funnel))
    wrong = disagreements(funnel)
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _report(_: argparse.Namespace, store: Store) -> int:
    from postprocess.report import write_report

    _print(write_report(store))
    return DONE


def _review(options: argparse.Namespace, store: Store) -> int:
    from postprocess.review import look, precision, summary

    if options.summary:
        _print(summary(precision(store, options.labels)))
    else:
        _print(look(store, options.labels, options.sample, options.seed, options.port, _print))
    return DONE


def _hits(options: argparse.Namespace, store: Store) -> int:
    from postprocess.hits import report_hits

    for said in report_hits(store, options.truth):
        _print(said)
    return DONE


def _export(options: argparse.Namespace, store: Store) -> int:
    from postprocess.exporters import load_exporter
    from postprocess.funnel import count

    exporter = load_exporter(options.format)
    chosen = (options.seed, options.keep_metadata, options.refuse_few)
    if any(chosen) and not exporter.judged:
        raise UsageError(
            "--seed, --keep-metadata and --refuse-few say how pictures are written: "
            f"{exporter.name} has none"
        )
    done = exporter.export(store, options.to, *chosen)
    _print(done)
    leaks = _say(NOT_CREDIBLE, done.wrong) if done.wrong else DONE
    return (_concluded(store, count(store)) if exporter.judged else DONE) or leaks


def _doctor(options: argparse.Namespace, store: Store) -> int:
    from postprocess.doctor import examine
    from postprocess.rebuild import rebuild

    if options.rebuild:
        for line in rebuild(store):
            _print(line)
    wrong = examine(store)
    if not wrong:
        _print("everything adds up")
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _adopt(options: argparse.Namespace, store: Store) -> int:
    from postprocess.adopt import adopt

    own = store.recipe_path
    recipe = load(options.recipe or (own if own.exists() else "cars"))
    adopted = adopt(options.folder, store, recipe)
    _print(adopted)
    return _say(NOT_CREDIBLE if adopted.wrong else DONE, *adopted.wrong)


def _why(options: argparse.Namespace, store: Store) -> int:
    from postprocess.why import told

    _print(told(store, options.image, options.json))
    return DONE


def _train(options: argparse.Namespace, store: Store) -> int:
    from postprocess.train import Options, train

    _check_backbone(options)
    how = Options(
        options.backbone, options.weights, options.epochs, options.seed, options.fine_tune
    )
    _print(train(store, options.target, how, options.to))
    return DONE


def _score(options: argparse.Namespace, store: Store) -> int:
    from postprocess.score import score

    _print(score(store, options.truth))
    return DONE


def _takedown(options: argparse.Namespace, store: Store) -> int:
    from postprocess.takedown import preview, take_down
    from postprocess.takedown.target import read_target

    target = read_target(store, *options.target) if options.target else None
    dry = options.dry_run
    told = preview(store, target) if dry else take_down(store, target, options.reason)
    _print("\n".join(told.lines))
    return _say(NOT_CREDIBLE if told.left else DONE, *told.left)


_VERBS: dict[str, Callable[[argparse.Namespace, Store], int]] = {
    **dict.fromkeys(STAGE_VERBS, _run),
    "status": _status,
    "report": _report,
    "review": _review,
    "hits": _hits,
    "export": _export,
    "doctor": _doctor,
    "adopt": _adopt,
    "takedown": _takedown,
    "train": _train,
    "score": _score,
    "why": _why,
}
