"""The programs that are compared: the command of each, and where it leaves its images."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.web import PER_QUERY, url

POLITENESS = ("DOWNLOAD_DELAY=0.001", "CONCURRENT_REQUESTS_PER_DOMAIN=8", "CONCURRENT_ITEMS=64")
"""The same for both crawls of Scrapy: so little that it is no limit here."""

Command = list[str | Path]


@dataclass(frozen=True)
class Downloader:
    """A program that downloads images."""

    name: str
    command: Callable[[Path, int, int], Command]
    """Of a folder, a port and a number of images."""


def carscrape(folder: Path, port: int, images: int, *arguments: str) -> Command:
    """Our crawl, by its recipe, with everything on; it writes how long its loop stood still."""
    recipe = folder / "bench.toml"
    numbers = [str(number) for number in range(images // PER_QUERY)]
    recipe.write_text(
        f'name = "bench"\nper_query = {PER_QUERY}\nengines = ["demo"]\n'
        f'phrases = ["picture {{number}}"]\n[attributes]\nnumber = {json.dumps(numbers)}\n'
        "[filter]\ntop_k = 4\nmin_probability = 0.1\n"
        '[filter.synsets]\ncar = ["n04285008"]\n'
    )
    stall = folder / f"stall{len(list(folder.glob('stall*')))}"
    crawl = [sys.executable, "-m", "tests.faulty", f"stall={stall}", "--", "crawl", "image_search"]
    given = ("recipe=" + str(recipe), f"demo_port={port}", *arguments)
    return [*crawl, *_each("-a", given), *_each("-s", (*POLITENESS, f"STORE={folder / 'store'}"))]


def img2dataset(folder: Path, port: int, images: int) -> Command:
    """Its own way to keep the original bytes: no decoding, no resizing; 2 processes x 32."""
    chosen = {
        "url_list": _list(folder, port, images),
        "output_folder": folder / "out",
        "processes_count": 2,
        "thread_count": 32,
        "disable_all_reencoding": True,
    }
    return [Path(".venv-bench/bin/img2dataset"), *(f"--{k}={v}" for k, v in chosen.items())]


def stock(folder: Path, port: int, images: int) -> Command:
    """Scrapy's own pipeline for images."""
    urls = _list(folder, port, images)
    return [sys.executable, "-m", "tests.bench.stock", urls, folder / "out"]


def _list(folder: Path, port: int, images: int) -> Path:
    path = folder / "urls.txt"
    path.write_text("".join(f"{url(number, port)}\n" for number in range(images)))
    return path


def _each(option: str, values: tuple[str, ...]) -> list[str]:
    return [text for value in values for text in (option, value)]


OURS = Downloader("carscrape, everything on", carscrape)
IMG2DATASET = Downloader("img2dataset, original bytes, 2 processes of 32 threads", img2dataset)
STOCK = Downloader("Scrapy's ImagesPipeline", stock)
