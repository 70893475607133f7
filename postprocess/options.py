"""What can be said on the command line of `python -m postprocess`."""

import argparse
from functools import partial
from pathlib import Path

from postprocess.models.facts import RUNTIMES
from postprocess.option_values import (
    epochs,
    existing_file,
    existing_folder,
    names,
    port,
    sample,
    seed,
    workers,
)
from postprocess.places import place

STAGE_VERBS = ("run", "verify", "dedupe", "subject", "colour", "label")
NETWORK_VERBS = ("run", "subject", "train")

_VERBS = {
    "run": ("all stages, resumable", "run store"),
    "verify": ("the stage verify alone", "verify store"),
    "dedupe": ("the stage dedupe alone", "dedupe store"),
    "subject": ("the stage subject alone", "subject store --backbone MobileNetV2"),
    "colour": ("the stage colour alone", "colour store"),
    "label": ("the stage label alone", "label store"),
    "status": ("the funnel: per stage, reason, engine and label", "status store --json"),
    "report": ("one self-contained HTML page", "report store"),
    "review": ("a page to check a sample of the labels by eye", "review store --sample 200"),
    "hits": ("hit counts, the labels they give, and their picture", "hits store"),
    "export": ("the kept images as a dataset", "export store --format folders --to dataset"),
    "doctor": ("read everything again and say what does not add up", "doctor store"),
    "adopt": (
        "make a store of a folder of pictures (sub-folder = label) or of what img2dataset brought",
        "adopt photos store",
    ),
    "takedown": (
        "remove what somebody asks to remove, everywhere and for good; without a target: carry "
        "out earlier takedowns again",
        "takedown store --url https://example.org/me.jpg --dry-run",
    ),
    "train": ("a judge made of the kept images", "train store --target colour --fine-tune"),
    "score": ("the kept images against a file of truths", "score store --truth truth.tsv"),
    "why": ("the whole story of one image, from query to verdict", "why store 4e0740 --json"),
}


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs; every one has `verb` and `store`."""
    top = argparse.ArgumentParser(
        prog="python -m postprocess",
        description="Judge the images of a store, count them, and make a dataset of them.",
        epilog="Exit codes: 0 done; 1 finished, but something is missing, wrong or not credible; "
        "2 wrong usage; 74 the store cannot be written.",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (what, example) in _VERBS.items():
        epilog = f"example: python -m postprocess {example}"
        verb = verbs.add_parser(name, help=what, description=f"{what}.", epilog=epilog)
        if name == "adopt":
            verb.add_argument("folder", type=existing_folder, metavar="FOLDER", help="the pictures")
        where = "folder of the store; with --engine ray also a URL, such as s3://bucket/cars"
        what = where if name in STAGE_VERBS else where.partition(";")[0]
        verb.add_argument("store", type=place, metavar="STORE", help=what)
        if name == "why":
            image = "its sha256 or the first 6 digits of it or more, its file, or its URL"
            verb.add_argument("image", metavar="IMAGE", help=image)
        _add_options(verb, name)
    return top


def _add_options(verb: argparse.ArgumentParser, name: str) -> None:
    if name in STAGE_VERBS:
        _add_stage(verb)
    if name in NETWORK_VERBS:
        _add_network(verb)
    if name in STAGE_VERBS and name in NETWORK_VERBS:
        verb.add_argument("--runtime", choices=RUNTIMES, help="faster on CPUs")
    if name in _OWN:
        _OWN[name](verb)


def _add_stage(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(backbone="ResNet50", weights=None, runtime="")
    verb.add_argument(
        "--workers",
        type=workers,
        metavar="N",
        help="images read and decoded at a time (one per core); the verdicts are the same",
    )
    what = "a folder that train made: reject the labels that it contradicts"
    verb.add_argument("--judge", type=existing_folder, metavar="FOLDER", help=what)
    verb.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="what runs the stages that look at images: this machine (local), or a Ray cluster",
    )
    verb.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="of the Ray cluster (one is started here for the run)",
    )


def _add_network(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--backbone", metavar="NAME", help="a Keras application (ResNet50)")
    verb.add_argument(
        "--weights", type=existing_file, metavar="FILE", help="its weights (ImageNet's)"
    )
    verb.add_argument("--weights-sha256", metavar="HEX", help="refuse weights but these")


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


_OWN = {
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
