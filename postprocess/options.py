"""What can be said on the command line of `python -m postprocess`."""

import argparse

from postprocess.models.facts import RUNTIMES
from postprocess.option_values import existing_file, existing_folder, workers
from postprocess.places import place
from postprocess.verb_options import OWN

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
    if name in OWN:
        OWN[name](verb)


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
