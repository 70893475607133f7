import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_stages import OnDevice
from stores import make_store

from postprocess import gpus, pipeline
from postprocess.verdicts import Verdicts


@pytest.mark.parametrize(
    ("visible", "found"),
    [("0,1", ["0", "1"]), ("GPU-5a, 3", ["GPU-5a", "3"]), ("", []), ("-1", []), ("2,-1,3", ["2"])],
)
def test_the_gpus_are_those_that_cuda_may_see(
    monkeypatch: pytest.MonkeyPatch, visible: str, found: list[str]
) -> None:
    monkeypatch.setenv(gpus.VISIBLE, visible)
    assert gpus.gpus() == found


def test_else_those_that_the_driver_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(gpus.VISIBLE, raising=False)
    monkeypatch.setattr(gpus, "DRIVER", tmp_path / "none")
    assert gpus.gpus() == []
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    monkeypatch.setattr(gpus, "DRIVER", tmp_path / "gpus")
    assert gpus.gpus() == ["0", "1"]


@settings(deadline=None)  # Arrow imports pandas in the first case
@given(st.integers(0, 50), st.integers(1, 9))
def test_every_image_falls_to_one_device(images: int, devices: int) -> None:
    shares = gpus.split(pa.array(range(images)), devices)
    assert [id_ for share in shares for id_ in share.to_pylist()] == list(range(images))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_each_device_judges_its_share_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(gpus.VISIBLE, "4,7")
    store = make_store(tmp_path, [f"{n}".encode() for n in range(10)])
    pipeline.run(store, [OnDevice()])
    (generation,) = Verdicts(store).current()
    rows = Verdicts(store).read("on_device", generation.key).to_pylist()
    assert sorted(row["device"] for row in rows) == ["4"] * 5 + ["7"] * 5
    assert os.getpid() not in {row["process"] for row in rows}
    assert os.environ[gpus.VISIBLE] == "4,7"


def test_what_stops_the_stage_on_a_device_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(gpus.VISIBLE, "4,7")
    store = make_store(tmp_path, [b"1", b"2"])
    (generation,) = pipeline.run(store, [OnDevice(broken="7")])
    assert generation.skipped == "no driver for 7"
