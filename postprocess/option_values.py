"""Single values of the command line of `python -m postprocess`, checked."""

import argparse
from pathlib import Path

_MOST_WORKERS = 1024
_LARGEST_SAMPLE = 1_000_000
_MOST_EPOCHS = 10_000
_LARGEST_PORT = 65_535
_LARGEST_SEED = 2**63 - 1  # what the splits' column holds


def seed(text: str) -> int:
    return _whole(text, 0, _LARGEST_SEED)


def workers(text: str) -> int:
    return _whole(text, 1, _MOST_WORKERS)


def sample(text: str) -> int:
    return _whole(text, 1, _LARGEST_SAMPLE)


def epochs(text: str) -> int:
    return _whole(text, 1, _MOST_EPOCHS)


def port(text: str) -> int:
    return _whole(text, 0, _LARGEST_PORT)


def _whole(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from {least} to {most}")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise argparse.ArgumentTypeError(f"{text!r} has an empty name: write make,model")
    return names


def existing_file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"no such file: {text}")
    return Path(text)


def existing_folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"no such folder: {text}")
    return Path(text)
