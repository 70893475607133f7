"""The acceptance ids: what each promises, which tests bear it, and the table made from a run.

A test bears ids by `@pytest.mark.accepts("A01", "A03")`. With `--reliability FILE` the run writes
the table into FILE, between the two marks; an id without a test, or with one that did not pass,
says so there.
"""

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

PROMISES = {
    "A01": "loopback, in every spelling of it, is refused before a packet leaves",
    "A02": "addresses at which clouds keep credentials are refused, by number and by name",
    "A03": "no private, shared, multicast, mapped or tunnelled address is asked",
    "A04": "a name with one public and one private address is refused",
    "A05": "a name that changes its answer after the check (rebinding) gains nothing",
    "A06": "a redirect to an inside address is refused at that hop and recorded; robots.txt too",
    "A07": "file, data, ftp, s3 and other schemes are refused, as URL and as redirect",
    "A08": "user names, odd ports, control characters, long URLs, international names: an outcome",
    "A09": "no cookie, no Referer and no password goes to an image host",
    "A10": "self-signed, expired and foreign certificates are refused",
    "B01": "dripping headers and bodies are cut off; other downloads go on",
    "B02": "a body over the limit is not read past it, whatever its length claims",
    "B03": "bombs in gzip, deflate, br, zstd, nested or in an error body stay within the limit",
    "B04": "too many pixels are refused from the header, in little memory",
    "B05": "too many frames or too much metadata are refused, or only the first is looked at",
    "B06": "only the allowed decoders are loaded, and no child process is started",
    "B07": "a file that crashes or hangs a decoder costs that file alone",
    "B08": "redirect loops and chains end after five hops; meta refresh is not followed",
    "B09": "huge, deep or endless result pages and robots.txt are bounded",
    "B10": "memory does not grow with the number of images",
    "C01": "what is no image is `not_an_image`, with its first bytes kept",
    "C02": "a file cut short, by its sender or on the way, is never stored",
    "C03": "the type is decided from the content; a wrong name or label is noted, not fatal",
    "C04": "the bytes are stored as served",
    "C05": "whatever the file's mode and EXIF, its RGB is upright, and on white where transparent",
    "C06": "specks, strips, single colours and placeholders are rejected by stated scores",
    "C07": "places, people and cameras are removed from exported files, pixels never changed",
    "C08": "empty bodies and odd statuses have the right outcome; a 404 picture is not data",
    "C09": "what follows the end of an image is counted, and rejects it only if asked to",
    "D01": "Retry-After in every form holds the host; garbage and decades are bounded",
    "D02": "a server error that heals is kept, its tries recorded, its pauses growing",
    "D03": "a pause outlives the run that was told of it",
    "D04": "robots.txt is kept as RFC 9309 says, in every state a server may be in",
    "D05": "X-Robots-Tag and TDM-Reservation are obeyed and the body is not read",
    "D06": "the limit per host and the gap hold for 1,000 URLs of one host, measured there",
    "D07": "the user agent is honest and names a contact; without one the crawl reminds",
    "D08": "our own network being down burns no URL, pauses, and ends with exit code 75",
    "D09": "a dead host is given up after five failures and the others go on",
    "D10": "a proxy is used only when a setting says so, announced, its password never printed",
    "E01": "kill -9 at any moment, then resume: as an uninterrupted run",
    "E02": "kill -9 within a file write or between file and row: no torn file is good",
    "E03": "kill -9 during resume, twice: as an uninterrupted run",
    "E04": "one signal ends cleanly, two at once; the next run goes on",
    "E05": "a full disk, an I/O error or a read-only store: exit code 74, nothing lost",
    "E06": "a damaged ledger is found at start and can be rebuilt",
    "E07": "of two processes on one store the second is refused; a dead one's lock is taken over",
    "E08": "new queries add to a store, nothing is skipped by name",
    "E09": "a second run asks nothing that ended, and again what may have healed",
    "E10": "Scrapyd killed and restarted: its jobs go on from the ledger",
    "E11": "a store of an older schema is migrated with a backup, a newer one refused",
    "E12": "postprocess killed in any stage and run again: the same verdicts, no download",
    "F01": "a page of changed layout is told, kept as evidence, and ends the run with exit code 1",
    "F02": "a captcha, a consent wall or a refusal pauses its engine; the page stays unasked",
    "F03": "no results, a rewritten query and similar results are three different verdicts",
    "F04": "an engine that repeats itself is exhausted, and the crawl ends",
    "F05": "asked for more than an engine has, the run says how much there was of what was asked",
    "F06": "thumbnails, relative, inline and escaped image URLs are resolved or refused",
    "F07": "counts are read in every locale; a missing one is absent and never 0",
    "F08": "engines, days and quotings are series of their own; no label within their noise",
    "F09": "names that are words, numbers or hold quotes are asked as they are, and flagged",
    "F10": "one engine down, the others go on, and the run says which",
    "G01": "the same bytes under three URLs and two labels: one image, three sources, one conflict",
    "G02": "copies are grouped with stated recall; mirrored and recoloured pictures stay apart",
    "G03": "no chain is made one group, and groups do not depend on the order of the images",
    "G04": "the best copy of a group is kept, the others are marked, and nothing is deleted",
    "G05": "near-duplicates among a million are found within 2 GB, those of one image in 50 ms",
    "G06": "no duplicate and no source page lies in two splits, as independent code certifies",
    "G07": "of planted wrong labels and off-topic pictures stated shares are found, by which step",
    "G08": "a spot check gives Wilson's interval, its sample is reproducible, n = 0 is unknown",
    "G09": "counts add up per label to the last image; the loss of one row is told",
    "G10": "a label with few images is named, or refused where that is asked for",
    "G11": "the same inputs, run twice, by any number of workers: the same dataset to the byte",
    "H01": "hostile labels become distinct names inside the folder on every system",
    "H02": "markup and script in strangers' text is shown as text, and nothing is loaded for it",
    "H03": "no cell of a CSV is a formula, and our reader gives back what was written",
    "H04": "newlines, carriage returns and escapes in URLs and titles break no line of a log",
    "H05": "the report of a million rows is a page of bounded size, which shows samples",
    "H06": "every format is read by its official reader, whole or not there, and adds up",
    "H07": "what is taken down is gone everywhere, and neither a crawl nor a folder brings it back",
    "I01": "a .keras, a model with code or a pickle given as weights is refused unopened",
    "I02": "damaged, missing, oversized or other weights: one clear line, no silent download",
    "I03": "any batch size, backend or resumed run decides the same; a bad image costs itself",
    "I04": "no pickle is read anywhere",
    "I05": "a crawl opens no port",
    "I06": "an open Scrapyd and a store that cannot be written are refused with instructions",
    "I07": "the egg holds code and recipes, no secrets and no tests, and works from inside the zip",
    "I08": "requirements exclude versions with known holes; hardened settings stay so",
}

BEGIN = "<!-- made by `make torture`, not by hand -->"
END = "<!-- end -->"
_ORDER = ("failed", "skipped", "passed")

_bearers: defaultdict[str, dict[str, str]] = defaultdict(dict)  # id -> its tests -> their results


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="the whole crash matrix")
    parser.addoption("--seed", type=int, help="where the crash matrix strikes (default: chance)")
    parser.addoption("--reliability", type=Path, help="write the table of acceptance ids here")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.option.seed = config.workerinput["seed"]
    elif config.option.seed is None:
        config.option.seed = random.randrange(10**6)
    config.addinivalue_line("markers", "accepts(*ids): this test shows these acceptance ids")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every process that runs tests the same seed (a hook of pytest-xdist)."""
    node.workerinput["seed"] = node.config.option.seed


def pytest_report_header(config: pytest.Config) -> str:
    return f"crash matrix: --seed {config.option.seed}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("accepts"):
            unknown = set(mark.args) - set(PROMISES)
            if unknown:
                raise pytest.UsageError(f"{item.nodeid}: no such acceptance id: {unknown}")
            # Reports bring these to the process that writes the table, where others run the tests.
            item.user_properties += [("accepts", name) for name in mark.args]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for kind, name in report.user_properties:
        if kind == "accepts":
            ended = _bearers[str(name)]
            worst = ended.get(report.nodeid, "passed")
            ended[report.nodeid] = min(worst, report.outcome, key=_ORDER.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    path: Path | None = session.config.getoption("--reliability")
    if path is not None and not hasattr(session.config, "workerinput"):
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        path.write_text(f"{before}{BEGIN}\n{table()}{END}{after}", "utf-8")


def table() -> str:
    """Markdown: each id, what it promises, its tests, how they ended."""
    lines = ["| id | what holds | shown by | result |", "|---|---|---|---|"]
    for name, promise in PROMISES.items():
        ended = _bearers.get(name, {})
        tests = sorted({node.partition("[")[0].removeprefix("tests/") for node in ended})
        shown = "<br>".join(f"`{test}`" for test in tests) or "no test"
        results = Counter(ended.values())
        said = ", ".join(f"{results[kind]} {kind}" for kind in _ORDER if kind in results)
        lines.append(f"| {name} | {promise} | {shown} | {said or '**open**'} |")
    return "\n".join(lines) + "\n"
