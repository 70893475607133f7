"""Dedupe of a million images in a process of its own, whose memory is looked at when it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MILLION = """
import sys
import numpy as np
import pyarrow as pa
from postprocess.signature import sign
from postprocess.stages.dedupe import Dedupe
from tests.faulty.peak import install

install(sys.argv[1])
ROWS, PART, COPIES = 1_000_000, 4096, 3000
rng = np.random.default_rng(5)
hashes, crops = (rng.integers(0, 2**64, ROWS, dtype=np.uint64) for _ in range(2))
hashes[PART : PART + COPIES] = hashes[:COPIES] ^ np.uint64(5)  # of the pictures one part before

signed = [sign(rng.integers(0, 256, (16, 16, 3)).astype(np.uint8).repeat(4, 0).repeat(4, 1))
          for _ in range(PART)]
parts = -(-ROWS // PART)

def column(name, type_):  # parts share one buffer, as a file on disk shares no memory
    part = pa.array([one[name] for one in signed], type_)
    return pa.chunked_array([part] * parts).slice(0, ROWS)

ids = rng.integers(0, 256, (ROWS, 32)).astype(np.uint8).tobytes()
table = pa.table({
    "id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), ROWS, [None, pa.py_buffer(ids)]),
    "copies": np.ones(ROWS, np.int32),
    "rank": np.zeros(ROWS, np.int32),
    "width": np.full(ROWS, 500, np.int32),
    "height": np.full(ROWS, 375, np.int32),
    "bytes": rng.integers(1000, 100_000, ROWS),
    "hash": hashes,
    "hash_crop": crops,
    "thumb": column("thumb", pa.binary(1024)),
    "chroma": column("chroma", pa.binary(128)),
    "look": column("look", pa.binary()),
})
judged = Dedupe().judge(table)
assert judged["id"].to_pylist() == table["id"].to_pylist() or sys.exit("other rows")
print(ROWS - judged["keep"].to_numpy().sum())
"""


@pytest.mark.accepts("G05")
@pytest.mark.timeout(900)
def test_a_million_images_within_a_bound_of_memory(tmp_path: Path) -> None:
    peak = tmp_path / "peak"
    done = subprocess.run(
        [sys.executable, "-c", MILLION, str(peak)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["3000"], done.stderr
    print(f"{int(peak.read_text()) / 1e6:.0f} MB")
    assert int(peak.read_text()) < 2e9
