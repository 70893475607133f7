"""Serve the demo web: `python -m carscrape.demo [--port N] [--photos DIR] [--faults MODE] ...`.

Prints one line when it is ready. Ends on SIGTERM or SIGINT, and, where its standard input is a
pipe, at its end: so it never outlives the process that started it. Words in a query, and the moods
of engines, ask for a captcha, a 429, an unknown layout and the like: --help lists them.
"""

import argparse
import asyncio
import os
import signal
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from carscrape.demo.asked import Asked
from carscrape.demo.faults import MODES, PAGE_WORDS
from carscrape.demo.moods import Mood, read_moods
from carscrape.demo.photos import PhotoError, PhotoWorld
from carscrape.demo.queries import recipe
from carscrape.demo.server import PortTakenError, serving
from carscrape.demo.web import FRONT
from carscrape.demo.world import World
from carscrape.demo.worlds import make_world

DEFAULT_SEED = 7
_WORDS = "\n".join(f"  {word:14} {fault}" for word, fault in PAGE_WORDS.items())
_EPILOG = f"""\
A word in a query asks for what a result page can do wrong:
{_WORDS}

A mood does the same to an engine: --moods demo_html=captcha:3-5,demo=layout:7- makes the third to
the fifth question to demo_html meet a captcha, and all from the seventh on to demo an unknown
layout. Moods bear the names in the right column (but not those with _once). Engines are counted
apart from each other, and with --state on over a restart.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 done, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        world = make_world(options.seed, options.faults, options.photos)
        if options.queries:
            _write_recipe(world, options.queries)
        else:
            asyncio.run(_serve(world, Asked(options.state), options.port, options.moods))
    except (PhotoError, PortTakenError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot use {error.filename}: {error.strerror}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m carscrape.demo",
        description="Serve the demo web.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=_port, default=0, help="on all its addresses; default: one that is free")
    add("--photos", type=Path, metavar="DIR", help="serve these photos in place of drawings")
    add("--seed", type=int, default=DEFAULT_SEED, help="decides everything; default: %(default)s")
    add("--faults", choices=MODES, default="realistic", help="how much is wrong")
    add("--state", type=Path, metavar="FILE", help="keep here how often each URL was asked")
    add(
        "--moods",
        type=_moods,
        default=(),
        metavar="LIST",
        help="what goes wrong at which of the questions an engine is asked, see below",
    )
    add(
        "--queries",
        type=Path,
        metavar="FILE",
        help="write a recipe whose queries find every photo, and end",
    )
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number up to 65535, got {text!r}")
    return int(text)


def _moods(text: str) -> tuple[Mood, ...]:
    try:
        return read_moods(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _refuse(reason: str) -> int:
    print(f"demo web: {reason}", file=sys.stderr)
    return 2


def _write_recipe(world: World, path: Path) -> None:
    if not isinstance(world, PhotoWorld):
        raise PhotoError("--queries is for --photos DIR: drawings are found by any query")
    path.write_text(recipe(world), encoding="utf-8")


async def _serve(world: World, asked: Asked, port: int, moods: tuple[Mood, ...]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(world, asked, port, moods) as chosen:
        if _is_pipe(0):
            loop.add_reader(0, _read_on, stop)
        print(f"demo web on http://{FRONT}:{chosen}", flush=True)
        await stop.wait()
        asked.close()
        # No orderly shutdown: a client that was killed in the middle of an answer can hold it up.
        os._exit(0)


def _read_on(stop: asyncio.Event) -> None:
    if not os.read(0, 65536):
        stop.set()


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    # asyncio gives its children a socket for a pipe.
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


if __name__ == "__main__":
    sys.exit(main())
