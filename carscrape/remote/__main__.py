"""`python -m carscrape.remote fetch REMOTE STORE`: a store beyond this machine, brought here."""

import argparse
import sys
from pathlib import Path

from carscrape.remote.urls import url_argument
from carscrape.stopping import UNWRITABLE, USAGE
from carscrape.store import Store, StoreError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser("python -m carscrape.remote", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("fetch", help="bring what is new, for python -m postprocess")
    add = verb.add_argument
    add("remote", metavar="REMOTE", type=url_argument, help="as in -s REMOTE_STORE=REMOTE")
    add("store", metavar="STORE", type=Path, help="a folder")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a verb. Exit code 0 fine, 2 wrong usage, 74 one of the stores cannot be used."""
    given = parser().parse_args(arguments)
    try:
        from carscrape.remote.fetching import fetch
    except ImportError:
        print("carscrape.remote: install carscrape/requirements-remote.txt", file=sys.stderr)
        return USAGE
    try:
        shards, images = fetch(given.remote, Store(given.store))
    except (StoreError, OSError) as error:
        print(f"carscrape.remote: {error}", file=sys.stderr)
        return UNWRITABLE
    print(f"{shards:,} ledgers and {images:,} images are new in {given.store}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
