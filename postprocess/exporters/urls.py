"""URLs: Parquet files that img2dataset takes with `--input_format parquet`.

Every URL that any result named is in it once per ledger, whether it was asked yet or not, but none
that was taken down. `adopt` reads what img2dataset makes of them.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from sqlite3 import Row
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from carscrape.store import Store
from postprocess import findings
from postprocess.dataset.examples import ExportError
from postprocess.exporters.base import Exporter, Options
from postprocess.labels import label_of

FILE_ROWS = 1_000_000
_GROUP_ROWS = 50_000

_SCHEMA = pa.schema(
    [
        pa.field("url", pa.string(), nullable=False),
        pa.field("caption", pa.string()),  # the text of the query that found it first
        pa.field("labels", pa.string()),  # of all that found it, as a JSON list
        pa.field("hash", pa.string()),  # sha256 of what was stored, hex; img2dataset owns "sha256"
        pa.field("page_url", pa.string()),
        pa.field("licence", pa.string()),
        pa.field(
            "findings", pa.string()
        ),  # who found it, for which queries, where: `adopt` reads it
    ]
)
_RESULTS = f"""
select image.id, image.url, image.sha256 as hash, {findings.COLUMNS}
from image
join result on result.image = image.id
join page on page.id = result.page
join query on query.id = page.query
where image.outcome is not 'taken_down'
order by image.id, page.id, result.rank
"""  # noqa: S608


@dataclass(frozen=True)
class Listed:
    """What was exported."""

    folder: Path
    urls: int
    wrong: ClassVar[str] = ""  # a list of URLs leaks nothing

    def __str__(self) -> str:
        folder = shlex.quote(str(self.folder))
        return (
            f"{self.urls:,} URLs in {self.folder}: img2dataset --url_list {folder} "
            "--input_format parquet --url_col url --caption_col caption "
            '--save_additional_columns \'["labels","hash","page_url","licence","findings"]\' '
            "--disable_all_reencoding True --compute_hash sha256 --output_format webdataset"
        )


class Urls(Exporter):
    """DIR/urls-00000.parquet and so on, for another program to download."""

    name: ClassVar[str] = "urls"
    judged: ClassVar[bool] = False

    def fill(self, store: Store, folder: Path, options: Options) -> Listed:
        """Write a row for every URL, with as little memory for many as for few.

        Raises:
            ExportError: there is none.
        """
        rows = _rows(store)
        urls = number = 0
        while written := _write(folder / f"urls-{number:05}.parquet", islice(rows, FILE_ROWS)):
            urls, number = urls + written, number + 1
        if not urls:
            raise ExportError(f"{store.root} knows no URL: crawl into it first")
        return Listed(options.to, urls)


def _rows(store: Store) -> Iterator[dict[str, Any]]:
    for _, results in groupby(store.rows(_RESULTS), lambda row: row["id"]):
        yield _row(list(results))


def _row(found: list[Row]) -> dict[str, Any]:
    first = found[0]
    labels = dict.fromkeys(label_of(json.loads(row["attributes"])) for row in found)
    return {
        **{name: first[name] for name in ("url", "hash", "page_url", "licence")},
        "caption": first["text"],
        "labels": json.dumps(list(labels)),
        "findings": findings.dump(found),
    }


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows into a file, if there is any; returns how many."""
    rows = iter(rows)
    written = 0
    some = list(islice(rows, _GROUP_ROWS))
    if not some:
        return 0
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        while some:
            writer.write_table(pa.Table.from_pylist(some, schema=_SCHEMA))
            written += len(some)
            some = list(islice(rows, _GROUP_ROWS))
    return written
