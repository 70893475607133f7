"""What a host may send in place of an image, or as one, in whole crawls."""

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from carscrape.store import Store
from tests.crawling import assert_quiet, crawl, recipe, rows
from tests.made_files import NOT_OURS, PAGES, TOO_LARGE, TOO_MANY_PIXELS, picture, restarts

BODY = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "avif": "AVIF"}
MIB = 2**20
COLUMNS = ("url", "outcome", "detail", "final", "tries", "sha256", "type", "claimed_type", "bytes")

Answers = dict[str, tuple[bytes, dict[str, Any]]]  # name -> body, and how it is served
Row = dict[str, Any]


@contextmanager
def serving(folder: Path, answers: Answers) -> Iterator[int]:
    """A web that answers so; its port."""
    folder.mkdir()
    for name, (body, _) in answers.items():
        (folder / name).write_bytes(body)
    (folder / "answers.json").write_text(
        json.dumps({name: how for name, (_, how) in answers.items()})
    )
    script = Path(__file__).with_name("bytes_web.py")
    with subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


def crawled(folder: Path, answers: Answers, *faults: str) -> dict[str, Row]:
    """The row of each answer after a crawl into the store `s`, by name."""
    folder.mkdir(exist_ok=True)
    with serving(folder / "web", answers) as port:
        asked = (recipe(folder, "all"), f"demo_port={port}", "per_query=200")
        code, output = crawl("image_search", folder / "s", *asked, faults=faults)
    assert_quiet(output)
    assert code == 0, output
    names = (
        "url",
        "outcome",
        "detail",
        "final",
        "tries",
        "sha256",
        "type",
        "claimed_type",
        "bytes",
    )
    found = rows(folder / "s", f"select {', '.join(names)} from image")
    ended = {row[0].rpartition("/")[2]: dict(zip(names, row, strict=True)) for row in found}
    assert set(ended) == set(answers)
    return ended


def outcomes(ended: dict[str, Row]) -> dict[str, str]:
    return {name: row["outcome"] for name, row in ended.items()}


def stored_files(store: Path) -> list[bytes]:
    return [path.read_bytes() for path in Store(store).images_dir.rglob("*") if path.is_file()]


GOOD = {"good.jpg": (picture("JPEG"), {})}  # a crawl that stores nothing ends with exit code 1


@pytest.mark.accepts("C01", "C02")
def test_neither_pages_nor_torn_files_are_stored(tmp_path: Path) -> None:
    pages: Answers = {f"{name}.jpg": (body, {}) for name, body in PAGES.items()}
    halves: Answers = {f"half.{end}": (picture(kind)[:-25], {}) for end, kind in BODY.items()}
    wires: Answers = {
        "short.jpg": (picture("JPEG"), {"length": 9_999}),
        "short.png": (picture("PNG")[:50], {"length": 99}),
        "chunked.jpg": (picture("JPEG"), {"chunked": True}),
    }
    ended = crawled(tmp_path, {**GOOD, **pages, **halves, **wires})
    assert outcomes(ended) == {
        "good.jpg": "stored",
        **dict.fromkeys(pages, "not_an_image"),
        **dict.fromkeys([*halves, *wires], "truncated"),
    }
    for name, body in PAGES.items():
        row = ended[f"{name}.jpg"]
        assert (row["detail"], row["tries"]) == (f"begins {body[:200]!r}", 1)
    assert {ended[name]["tries"] for name in [*halves, *wires]} == {3}
    assert stored_files(tmp_path / "s") == [picture("JPEG")]


@pytest.mark.accepts("C03", "C04")
def test_names_and_labels_are_only_noted(tmp_path: Path) -> None:
    answers: Answers = {}
    for number, (end, kind) in enumerate(BODY.items()):
        body = picture(kind, (40, 30 + number))
        for n, name in enumerate((f"{end}.jpg", f"{end}-no-ending", f"{end}.php")):
            claim = ("image/jpeg", "text/html; charset=utf-8", "image/x-unknown")[n]
            unlike = body + bytes([n]) * 8  # bytes of its own, so a file of its own
            if kind != "AVIF":
                answers[name] = (unlike, {"headers": [f"Content-Type: {claim}"]})
        answers[f"{end}-bare"] = (body, {"headers": []})
    ended = crawled(tmp_path, answers)
    assert set(outcomes(ended).values()) == {"stored"}
    store = Store(tmp_path / "s")
    for name, (body, how) in answers.items():
        row = ended[name]
        end = name.partition(".")[0].partition("-")[0]
        assert row["type"] == f"image/{'jpeg' if end == 'jpg' else end}"
        claimed = [header.partition(": ")[2].partition(";")[0] for header in how["headers"]]
        assert row["claimed_type"] == (claimed[0] if claimed else None)
        path = store.image_path(row["sha256"], row["type"])
        assert path.suffix == f".{end}"
        assert path.read_bytes() == body
        assert (row["sha256"], row["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))


GZIP_BOMB = gzip.compress(bytes(64 * MIB))

STATUSES = {
    **dict.fromkeys((204, 205, 304), "empty"),
    **dict.fromkeys((404, 410), "gone"),
    **dict.fromkeys((401, 402, 403, 418, 451, 999), "refused"),
    **dict.fromkeys((500, 502, 521), "server_error"),
    203: "stored",
    206: "truncated",
    300: "redirects",
}


@pytest.mark.accepts("C08")
def test_statuses_decide_whatever_the_body_is(tmp_path: Path) -> None:
    body, packed = picture("JPEG"), {"headers": ["Content-Encoding: gzip"]}
    odd: Answers = {
        f"{status}.jpg": (b"" if status in (204, 205, 304) else body, {"status": status})
        for status in STATUSES
    }
    bombs: Answers = {
        f"{status}-bomb.jpg": (GZIP_BOMB, {"status": status, **packed})
        for status in (403, 404, 410)
    }
    ended = crawled(tmp_path, {**GOOD, "empty.jpg": (b"", {}), **odd, **bombs})
    assert outcomes(ended) == {
        "good.jpg": "stored",
        "empty.jpg": "empty",
        **{f"{status}.jpg": outcome for status, outcome in STATUSES.items()},
        "403-bomb.jpg": "refused",
        "404-bomb.jpg": "gone",
        "410-bomb.jpg": "gone",
    }
    assert ended["404.jpg"]["detail"] == "status 404"
    assert {ended[f"{status}.jpg"]["final"] for status in STATUSES} == {1}
    assert {ended[f"{status}.jpg"]["tries"] for status in (206, 500, 502, 521)} == {3}
    assert {ended[f"{status}.jpg"]["tries"] for status in (403, 404, 304, 300)} == {1}
    assert stored_files(tmp_path / "s") == [body]


@pytest.mark.accepts("B04", "B05", "B06")
def test_bombs_cost_no_memory_load_no_decoder_and_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "ghostscript was here"
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "gs").write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    (bin_ / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_), prepend=":")

    bombs: Answers = {name: (make(), {}) for name, make in {**TOO_MANY_PIXELS, **TOO_LARGE}.items()}
    others: Answers = {f"{name}.jpg": (body, {}) for name, body in NOT_OURS.items()}
    fine: Answers = {
        "restarts.jpg": (restarts(), {}),
        **{f"good.{end}": (picture(kind), {}) for end, kind in BODY.items()},
    }
    faults = [f"peak={tmp_path / 'peak'}", f"decoders={tmp_path / 'decoders'}"]
    ended = crawled(tmp_path / "bombs", {**bombs, **others, **fine}, *faults)
    assert outcomes(ended) == {
        **dict.fromkeys(TOO_MANY_PIXELS, "too_many_pixels"),
        **dict.fromkeys(TOO_LARGE, "too_large"),
        **dict.fromkeys(others, "type_not_allowed"),
        **dict.fromkeys(fine, "stored"),
    }
    assert {row["tries"] for row in ended.values()} == {1}
    with_bombs = int((tmp_path / "peak").read_text())
    seen = json.loads((tmp_path / "decoders").read_text())
    assert seen["decoders"] == []
    assert not mark.exists()

    small: Answers = {f"{n}.png": (picture("PNG", (40, 30 + n)), {}) for n in range(len(ended))}
    crawled(tmp_path / "small", small, *faults)
    assert seen == json.loads((tmp_path / "decoders").read_text())  # Scrapy asks `uname`, no more
    assert with_bombs < int((tmp_path / "peak").read_text()) + 64 * MIB
