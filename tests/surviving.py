"""What a crawl leaves, written so that two crawls of one web can be compared, however they ended.

The demo web's faults heal by the number of asks, which its process counts, so a crawl that was
killed and one that was not meet the same web only if each has a web of its own.
"""

import hashlib
import json
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any
from urllib.parse import urlsplit

from carscrape.demo.web import DEAD_HOST, HOSTS
from carscrape.store import Store
from postprocess.doctor import examine
from postprocess.funnel import count, disagreements
from tests.conftest import RunningDemo
from tests.crawling import rows

_UNREACHABLE = ("connection", "host_down")


def left_in(folder: Path, port: int) -> dict[str, Any]:
    """Everything of a finished store that must not depend on how often its crawl was killed."""
    return {
        "images": _images(folder, port),
        "files": files_in(folder),
        "pages": _sorted(
            folder,
            port,
            "select engine, query, number, cursor, verdict, found, repeats, capped from page",
        ),
        "results": _sorted(
            folder,
            port,
            "select engine, query, number, rank, url, page_url, title, thumbnail, result.width, "
            "result.height, licence from result join page on page.id = result.page "
            "join image on image.id = result.image",
        ),
        "queries": _sorted(folder, port, "select * from query"),
        "hits": _sorted(
            folder, port, "select engine, phrase, subject, term, count, raw, verdict from hit"
        ),
        "funnel": _funnel(folder),
    }


def files_in(folder: Path) -> dict[str, int]:
    """Every image file with its size, after a look whether it is whole: its name is its hash."""
    sizes = {}
    for path in sorted((folder / "images").rglob("*.*")):
        if path.suffix == ".part":  # an open write: it bears no image's name
            continue
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == path.stem, f"{path} is not whole"
        sizes[path.name] = len(content)
    return sizes


def check_crashed(folder: Path) -> None:
    """Already before it is mended: what is there is whole, and what the ledger has is there."""
    files = files_in(folder)
    if not (folder / "ledger" / "all.sqlite").exists():
        return
    with suppress(OperationalError):  # killed before there were tables
        stored = rows(folder, "select sha256 from image where outcome = 'stored'")
        assert {sha256 for (sha256,) in stored} <= {name.partition(".")[0] for name in files}


def check_store(folder: Path) -> None:
    """Nothing torn, missing, left over or miscounted."""
    wrong = examine(Store(folder)) + disagreements(count(Store(folder)))
    assert not wrong, wrong
    open_ = rows(folder, "select url from image where outcome is null")
    assert not open_, open_


def check_asked(demo: RunningDemo, folder: Path, pages: Counter[str], crashes: int) -> None:
    """No URL was asked more often than the ledger says, plus once for each crash.

    Args:
        pages: how often a crawl that was not killed asked each result page.
    """
    most = _most_asks(folder, crashes)
    most.update({path: times + crashes for path, times in pages.items()})
    most["/robots.txt"] = (len(HOSTS) + 1) * (1 + crashes) + _failures(folder)
    more = {path: (n, most[path]) for path, n in demo.asked().items() if n > most[path]}
    assert not more, more


def pages_of(demo: RunningDemo) -> Counter[str]:
    """How often each result page was asked."""
    return Counter({path: n for path, n in demo.asked().items() if "?" in path})


def _most_asks(folder: Path, crashes: int) -> Counter[str]:
    """Path -> how often it may have been asked; every ask of an image asks its redirects too."""
    most: Counter[str] = Counter()
    for url, asks, hops in rows(folder, "select url, asks, hops from image"):
        for hop in (url, *json.loads(hops or "[]")):
            most[urlsplit(hop).path] += asks + crashes
    return most


def _failures(folder: Path) -> int:
    """Asks that found no host; after each, the crawl may ask whether the network is there."""
    sql = "select coalesce(sum(asks + tries), 0) from image where outcome in "
    return int(rows(folder, f"{sql}{_UNREACHABLE}")[0][0])


def _images(folder: Path, port: int) -> dict[str, tuple[Any, ...]]:
    """Every URL with how it ended.

    Which URLs of the dead host were asked before it was given up depends on their order, and so
    which of them are left to a later run. No other host's outcome is folded: none but this one
    is ever given up in these crawls.
    """
    sql = "select url, outcome, final, sha256, type, claimed_type, width, height, bytes from image"
    found: dict[str, tuple[Any, ...]] = {}
    for url, outcome, *rest in rows(folder, sql):
        dead = urlsplit(url).hostname == DEAD_HOST and outcome in _UNREACHABLE
        found[_without(port, url)] = ("unreachable",) if dead else (outcome, *rest)
    return found


def _sorted(folder: Path, port: int, sql: str) -> list[tuple[Any, ...]]:
    found = [tuple(_without(port, value) for value in row) for row in rows(folder, sql)]
    return sorted(found, key=repr)


def _without(port: int, value: Any) -> Any:
    return value.replace(f":{port}/", "/") if isinstance(value, str) else value


def _funnel(folder: Path) -> dict[str, Any]:
    funnel = asdict(count(Store(folder)))
    outcomes = Counter(funnel["outcomes"])
    outcomes["unreachable"] = sum(outcomes.pop(name, 0) for name in _UNREACHABLE)
    return {**funnel, "outcomes": dict(outcomes)}
