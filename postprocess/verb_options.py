"""The options that one verb of `python -m postprocess` has and the others have not."""

import argparse
from functools import partial
from pathlib import Path

from postprocess.option_values import epochs, existing_file, names, port, sample, seed


def _add_json(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--json", action="store_true", help="for programs")


def _add_doctor(verb: argparse.ArgumentParser) -> None:
    what = "first make damaged ledgers anew of what can be read, and forget torn files"
    verb.add_argument("--rebuild", action="store_true", help=what)


def _add_adopt(verb: argparse.ArgumentParser) -> None:
    what = "name or .toml (the store's own, else cars)"
    verb.add_argument("--recipe", metavar="NAME", help=what)


def _add_hits(verb: argparse.ArgumentParser) -> None:
    what = "a TSV with the subjects' attributes and their types: how right are the labels?"
    verb.add_argument("--truth", type=existing_file, metavar="FILE", help=what)


def _add_score(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--truth", required=True, type=existing_file, metavar="FILE", help="a TSV file"
    )


def _add_export(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", required=True, metavar="NAME", help="e.g. folders")
    verb.add_argument("--to", required=True, type=Path, metavar="DIR", help="where to")
    verb.add_argument("--seed", type=seed, default=0, metavar="N", help="of the split (0)")
    verb.add_argument(
        "--keep-metadata", action="store_true", help="leave places, people and cameras in the files"
    )
    verb.add_argument(
        "--refuse-few",
        action="store_true",
        help="no dataset if a label has under 10 images, or none in a split",
    )


def _add_review(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--sample", type=sample, default=200, metavar="N", help="images (200)")
    verb.add_argument("--seed", type=seed, default=0, metavar="N", help="of the sample (0)")
    verb.add_argument(
        "--labels",
        type=names,
        default=(),
        metavar="NAMES",
        help="attributes that make a label, e.g. make,model (all)",
    )
    verb.add_argument("--port", type=port, default=0, metavar="N", help="on loopback (any)")
    verb.add_argument("--summary", action="store_true", help="print what is known, serve nothing")


def _add_takedown(verb: argparse.ArgumentParser) -> None:
    target = verb.add_mutually_exclusive_group()
    for name, what in (
        ("url", "the image at this URL"),
        ("host", "all images of a host and its sub-domains, and all that its pages show"),
        ("page", "all images found on this page"),
        ("hash", "the image with this sha256"),
        ("like", "an image, by its file or sha256, and all that look like it"),
    ):
        target.add_argument(
            f"--{name}", dest="target", type=partial(_named, name), metavar="TEXT", help=what
        )
    verb.add_argument("--reason", default="", metavar="TEXT", help="kept with it; it is published")
    verb.add_argument("--dry-run", action="store_true", help="say what it would remove")


def _named(name: str, text: str) -> tuple[str, str]:
    return name, text


def _add_train(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(backbone="ResNet50", weights=None, runtime="")
    verb.add_argument(
        "--target",
        default="",
        metavar="NAME",
        help="attributes (make,model), colour, body_type or subject",
    )
    verb.add_argument("--fine-tune", action="store_true", help="train the top of the backbone, too")
    verb.add_argument("--epochs", type=epochs, default=40, metavar="N", help="at most (40)")
    verb.add_argument("--seed", type=seed, default=0, metavar="N", help="of all that is drawn (0)")
    verb.add_argument("--to", type=Path, metavar="FOLDER", help="where to (STORE/judges/TARGET)")


OWN = {
    "status": _add_json,
    "why": _add_json,
    "doctor": _add_doctor,
    "export": _add_export,
    "review": _add_review,
    "train": _add_train,
    "adopt": _add_adopt,
    "hits": _add_hits,
    "takedown": _add_takedown,
    "score": _add_score,
}
"""What adds the options that one verb alone has."""
