"""A million images in a process of its own, which may not have more than 2 GB."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIMIT = 2 << 30
TABLE = f"""
import resource
import sys
import numpy as np
import pyarrow as pa
from postprocess.signature import sign
from tests.faulty.peak import install

resource.setrlimit(resource.RLIMIT_DATA, ({LIMIT}, {LIMIT}))
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
table = pa.table({{
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
}})
"""
GROUPED = """
from postprocess.stages.dedupe import Dedupe

judged = Dedupe().judge(table)
assert judged["id"].to_pylist() == table["id"].to_pylist() or sys.exit("other rows")
print(ROWS - judged["keep"].to_numpy().sum())
"""


ONE = """
import time
from postprocess.look_alikes import alike

signed = table.select(["id", "hash", "hash_crop", "thumb", "chroma", "look"])

def seconds(row):
    began = time.process_time()
    (found,) = alike(signed, signed.slice(row, 1).combine_chunks()).nonzero()
    assert row in found
    return time.process_time() - began

print(min(map(seconds, range(500_000, 500_005))))
"""


def run(script: str, peak: Path) -> str:
    """What the script prints about the million, if it holds the bound."""
    command = [sys.executable, "-c", TABLE + script, str(peak)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    print(f"{int(peak.read_text()) / 1e6:.0f} MB")
    assert int(peak.read_text()) < LIMIT
    return done.stdout.strip()


@pytest.mark.accepts("G05")
@pytest.mark.timeout(900)
def test_a_million_images_within_a_bound_of_memory(tmp_path: Path) -> None:
    assert run(GROUPED, tmp_path / "peak") == "3000"


@pytest.mark.accepts("G05")
@pytest.mark.timeout(900)
def test_one_image_is_compared_with_a_million_in_a_moment(tmp_path: Path) -> None:
    """Of the processor, and the fastest of five: others may use the machine."""
    pytest.importorskip("postprocess.look_alikes")
    seconds = float(run(ONE, tmp_path / "peak"))
    print(f"{1000 * seconds:.1f} ms")
    assert seconds < 0.05
