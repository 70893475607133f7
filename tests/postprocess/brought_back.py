"""Output of img2dataset, written here in the structure of the real one; and the real one."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import webdataset

END = 1_700_000_000.0
LAYOUTS = ("files", "webdataset", "parquet")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("findings", "caption", "url", "key", "status")),
        ("error_message", pa.string()),
        *((name, pa.int32()) for name in ("width", "height", "original_width", "original_height")),
        ("exif", pa.string()),
        ("sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class Sent:
    """A URL that was sent, and what came of it."""

    url: str | None
    content: bytes | None = None  # None: it failed
    error: str = "HTTP Error 404: Not Found"
    status: str = "failed_to_download"
    findings: str | None = None
    original: tuple[int, int] | None = None  # decoded and written anew
    sha256: str | None = None  # None: of the content


def write_shard(
    folder: Path, layout: str, sent: Iterable[Sent], number: int = 0, end: float = END
) -> None:
    """One shard, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{number:05}"
    sent = list(sent)
    rows = [_row(each, f"{number:05}{place:04}") for place, each in enumerate(sent)]
    pictures = [each.content for each in sent]
    {"files": _files, "webdataset": _tar, "parquet": _nothing}[layout](
        folder / name, rows, pictures
    )
    schema = SCHEMA
    if layout == "parquet":
        schema = schema.append(pa.field("jpg", pa.binary()))
        rows = [row | {"jpg": content} for row, content in zip(rows, pictures, strict=True)]
    # As small groups as img2dataset writes.
    table = pa.Table.from_pylist(rows, schema)
    pq.write_table(table, folder / f"{name}.parquet", row_group_size=100)
    stats = {"count": len(rows), "start_time": end - 1, "end_time": end, "status_dict": {}}
    (folder / f"{name}_stats.json").write_text(json.dumps(stats), "utf-8")


def _row(sent: Sent, key: str) -> dict[str, Any]:
    failed = sent.content is None
    width, height = sent.original or (None, None)
    sha256 = sent.sha256 or (None if failed else hashlib.sha256(sent.content or b"").hexdigest())
    return {
        "findings": sent.findings,
        "caption": "a caption",
        "url": sent.url,
        "key": key,
        "status": sent.status if failed else "success",
        "error_message": sent.error if failed else None,
        "width": width,
        "height": height,
        "original_width": width,
        "original_height": height,
        "exif": None,
        "sha256": sha256,
    }


def _nothing(*_: object) -> None: ...


def _files(stem: Path, rows: list[dict[str, Any]], pictures: list[bytes | None]) -> None:
    stem.mkdir()
    for row, content in zip(rows, pictures, strict=True):
        if content is not None:
            (stem / f"{row['key']}.jpg").write_bytes(content)
            (stem / f"{row['key']}.json").write_text(json.dumps(row, indent=4), "utf-8")
            (stem / f"{row['key']}.txt").write_text("a caption", "utf-8")


def _tar(stem: Path, rows: list[dict[str, Any]], pictures: list[bytes | None]) -> None:
    with webdataset.TarWriter(str(stem.with_name(f"{stem.name}.tar"))) as tar:
        for row, content in zip(rows, pictures, strict=True):
            if content is not None:
                text = json.dumps(row, indent=4)
                tar.write({"__key__": row["key"], "jpg": content, "txt": "a", "json": text})


def img2dataset(exported: object, to: Path, *more: str) -> None:
    """Run the program of `make bench`, in its own environment, as the export says.

    Args:
        exported: what exporting URLs came to.
        more: options; of one given twice the last counts.
    """
    path = os.pathsep.join((".venv-bench/bin", os.environ["PATH"]))
    program = shutil.which("img2dataset", path=path)
    if program is None:
        pytest.skip("img2dataset is not installed; .venv-bench has it after make bench")
    said = shlex.split(str(exported).partition("img2dataset ")[2])
    command = [program, *said, "--output_folder", str(to), "--processes_count", "1", *more]
    subprocess.run(command, check=True, capture_output=True, timeout=150)
