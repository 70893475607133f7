"""Pictures that look like one that was taken down.

STORE/takedown_signatures.parquet holds of each such picture what `verify` stores of an image: its
hashes and a grey look of 64 pixels, because less does not tell a copy from what is merely near.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from carscrape.store import Store, StoreError
from postprocess.decoding import decode
from postprocess.hamming import RADIUS, Hashes
from postprocess.joining import Rows
from postprocess.likeness import likeness
from postprocess.pictures import DECODERS
from postprocess.process_pool import process_pool
from postprocess.signature import SIGNATURE_COLUMNS, sign
from postprocess.verdicts import read_part
from postprocess.writing import write_aside

SCHEMA = pa.schema([pa.field("id", pa.binary(32), nullable=False), *SIGNATURE_COLUMNS])
_LOOKS = ["thumb", "chroma", "look"]
_SECONDS = 10.0  # for one image
_MOST_PIXELS = 40_000_000

_Rows = npt.NDArray[np.intp]


def signatures_path(store: Store) -> Path:
    """Where the signatures of a store lie; no file where no look-alikes are refused."""
    return store.root / "takedown_signatures.parquet"


def read_signatures(path: Path) -> pa.Table:
    """The signatures, with `SCHEMA`; none where there is no file.

    Raises:
        StoreError: the file is damaged.
    """
    return read_part(path, SCHEMA.names) if path.exists() else SCHEMA.empty_table()


def with_signature(known: pa.Table, id_: str, signature: dict[str, Any]) -> pa.Table:
    """The signatures with that of a picture (sha256, hex) added, unless it is there."""
    if bytes.fromhex(id_) in known["id"].to_pylist():
        return known
    row = pa.Table.from_pylist([{"id": bytes.fromhex(id_), **signature}], schema=SCHEMA)
    return pa.concat_tables([known.cast(SCHEMA), row])


def write_signatures(path: Path, signatures: pa.Table) -> None:
    """Put these in the place of those that were there.

    Raises:
        WriteError: they cannot be written.
    """
    buffer = BytesIO()
    pq.write_table(signatures, buffer)
    write_aside(path, buffer.getvalue())


def signature_of(path: Path) -> dict[str, Any]:
    """The signature of a file, decoded in a child process.

    Raises:
        StoreError: no picture can be read from it.
    """
    with process_pool(1) as pool:
        signed = pool.schedule(_signature, args=[path], timeout=_SECONDS)
        error = signed.exception()
        if error is not None:
            raise StoreError(f"no picture can be read from {path}: {error}")
        values: dict[str, Any] = signed.result()
        return values


def _signature(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    with Image.open(BytesIO(content), formats=DECODERS) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError("it has too many pixels")
        return sign(decode(content, picture, strict=False))


def alike(table: pa.Table, signatures: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows of a table with `SIGNATURE_COLUMNS`, none of them null, show one of these."""
    found = np.zeros(table.num_rows, bool)
    whole, middle = _hashes(table)
    rows = Rows(table.select(_LOOKS))
    for number, (hash_, hash_crop) in enumerate(zip(*_hashes(signatures), strict=True)):
        near = _near(whole, hash_) | _near(whole, hash_crop) | _near(middle, hash_)
        (places,) = (near & ~found).nonzero()
        if len(places):
            signature = signatures.select(_LOOKS).take(np.full(len(places), number))
            found[places] = likeness(rows.take(places), signature).same
    return found


def _hashes(table: pa.Table) -> tuple[Hashes, Hashes]:
    whole, middle = (
        table[name].to_numpy().astype(np.uint64, copy=False) for name in ("hash", "hash_crop")
    )
    return whole, middle


def _near(hashes: Hashes, one: np.uint64) -> npt.NDArray[np.bool_]:
    near: npt.NDArray[np.bool_] = np.bitwise_count(hashes ^ one) <= RADIUS
    return near
