"""python -m postprocess VERB STORE: judges, counts, shows and exports what a store holds.

Each verb imports what it needs itself, so that `--help` and `status` wait for no network.
"""

import argparse
import errno
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from carscrape.recipe import RecipeError, load
from carscrape.store import Store, StoreError
from postprocess.options import STAGE_VERBS, parser

DONE, NOT_CREDIBLE, WRONG_USAGE, CANNOT_WRITE, STOPPED = 0, 1, 2, 74, 130
_WRITE_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return _VERBS[options.verb](options, _store(options))
    except (_UsageError, RecipeError) as error:
        return _say(WRONG_USAGE, str(error))
    except (StoreError, OSError) as error:
        return _say(CANNOT_WRITE if _is_full(error) else NOT_CREDIBLE, str(error))
    except KeyboardInterrupt:
        return _say(STOPPED, "stopped; what was judged is kept, run again to go on")


class _UsageError(Exception):
    """A command line that cannot be followed."""


def _store(options: argparse.Namespace) -> Store:
    """The store that the command line names; only `adopt` may name one that is not there."""
    store = Store(options.store)
    if options.verb != "adopt":
        try:
            store.ledger_paths()
        except StoreError as error:
            raise _UsageError(str(error)) from error
    return store


def _is_full(error: StoreError | OSError) -> bool:
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in _WRITE_ERRORS


def _say(code: int, *lines: str) -> int:
    for line in lines:
        print(f"postprocess: {line}", file=sys.stderr)
    return code


def _run(options: argparse.Namespace, store: Store) -> int:
    from postprocess import pipeline

    recipe = load(str(store.recipe_path))
    stages = pipeline.build(recipe, options.backbone, options.weights)
    only = None if options.verb == "run" else options.verb
    pipeline.run(store, stages, only)
    return _show(store, only)


def _show(store: Store, only: str | None) -> int:
    """Print the funnel after a run; says what is wrong with it."""
    from rich.console import Console

    from postprocess.funnel import count
    from postprocess.status import problems, show

    funnel = count(store)
    show(funnel, Console())
    wrong = problems(funnel, only)
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _status(options: argparse.Namespace, store: Store) -> int:
    from rich.console import Console

    from postprocess.funnel import count, disagreements
    from postprocess.status import show

    funnel = count(store)
    print(json.dumps(asdict(funnel), indent=1)) if options.json else show(funnel, Console())
    wrong = disagreements(funnel)
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _report(_: argparse.Namespace, store: Store) -> int:
    from postprocess.report import write_report

    print(write_report(store))
    return DONE


def _hits(_: argparse.Namespace, store: Store) -> int:
    from postprocess.hits import write_hits

    for path in write_hits(store):
        print(path)
    return DONE


def _export(options: argparse.Namespace, store: Store) -> int:
    from postprocess.exporters import exporter_names, load_exporter

    if options.format not in exporter_names():
        names = ", ".join(exporter_names())
        raise _UsageError(f"no format {options.format!r}; there is: {names}")
    print(load_exporter(options.format).export(store, options.to, options.seed))
    return DONE


def _doctor(_: argparse.Namespace, store: Store) -> int:
    from postprocess.doctor import examine

    wrong = examine(store)
    if not wrong:
        print("everything adds up")
    return _say(NOT_CREDIBLE if wrong else DONE, *wrong)


def _adopt(options: argparse.Namespace, store: Store) -> int:
    from postprocess.adopt import adopt

    print(adopt(options.folder, store, load(options.recipe)))
    return DONE


def _score(options: argparse.Namespace, store: Store) -> int:
    from postprocess.score import score

    print(score(store, options.truth))
    return DONE


_VERBS: dict[str, Callable[[argparse.Namespace, Store], int]] = {
    **dict.fromkeys(STAGE_VERBS, _run),
    "status": _status,
    "report": _report,
    "hits": _hits,
    "export": _export,
    "doctor": _doctor,
    "adopt": _adopt,
    "score": _score,
}
