"""Files given as weights: what is refused, when, and in how many words."""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pytest
from stores import make_store

from postprocess import cli
from postprocess.backbones import check_backbone, load_backbone
from postprocess.models.facts import DEMO_WEIGHTS, file_sha256
from postprocess.models.weights import BackboneError, check_weights

SMALL = "MobileNetV3Small"
ARRAY = np.zeros(8, np.float32)


def linked(file: h5py.File) -> None:
    file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file: h5py.File) -> None:
    file["again"] = h5py.SoftLink("/nowhere")


def outside(file: h5py.File) -> None:
    file.create_dataset("kernel", (8,), "f4", external=[("/etc/passwd", 0, 32)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((8,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "kernel", (8,))
    file.create_virtual_dataset("kernel", layout)


def bomb(file: h5py.File) -> None:
    """Sixteen terabytes, of which nothing is there."""
    file.create_dataset("kernel", (1 << 42,), "f4", chunks=(1 << 20,))


def squeezed(file: h5py.File) -> None:
    file.create_dataset("kernel", data=np.zeros(1 << 20, np.float32), compression="gzip")


@pytest.mark.accepts("I02")
@pytest.mark.parametrize(
    ("made", "said"),
    [
        (linked, "'elsewhere' leads elsewhere"),
        (soft, "'again' leads elsewhere"),
        (outside, "'kernel' lie elsewhere"),
        (virtual, "'kernel' lie elsewhere"),
        (bomb, "declares more than is there"),
        (squeezed, "declares more than is there"),
    ],
)
def test_what_is_not_whole_arrays_is_refused_unread(
    tmp_path: Path, made: Callable[[h5py.File], None], said: str
) -> None:
    path = tmp_path / "odd.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_group("layers")["fine"] = ARRAY
        made(file)
    with pytest.raises(BackboneError, match=said) as raised:
        check_backbone(SMALL, path)
    assert "\n" not in str(raised.value)


@pytest.mark.accepts("I01")
@pytest.mark.parametrize("name", ["model.keras", "weights.pkl", "weights.npz", "weights"])
def test_by_its_name_a_file_is_refused_whatever_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Keras reads a .keras as a model, code and all, even where it is an HDF5 file."""
    path = tmp_path / name
    path.write_bytes(DEMO_WEIGHTS.read_bytes())
    monkeypatch.setattr(h5py, "is_hdf5", opened)
    monkeypatch.setattr(h5py, "File", opened)
    with pytest.raises(BackboneError, match=f"{name} holds no weights: expected"):
        check_weights(path)


def opened(*_: Any) -> Any:
    raise AssertionError("it was opened")


@pytest.mark.accepts("I01", "I02")
@pytest.mark.parametrize("content", [pickle.dumps("code"), b"", b"PK\x03\x04 config.json"])
def test_a_run_with_such_weights_is_wrong_usage_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "x.weights.h5"
    path.write_bytes(content)
    store = make_store(tmp_path, [b"1"])
    command = ["run", str(store.root), "--backbone", SMALL, "--weights", str(path)]
    assert cli.main(command) == 2
    said = capsys.readouterr().err
    assert "x.weights.h5 holds no weights" in said
    assert said.count("\n") == 1
    assert not store.verdicts_dir.exists()


@pytest.mark.accepts("I02")
def test_weights_with_another_hash_than_was_meant_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One flipped bit in an array: nothing but its hash shows it."""
    path = tmp_path / "x.weights.h5"
    content = bytearray(DEMO_WEIGHTS.read_bytes())
    path.write_bytes(content)
    meant = file_sha256(path)
    check_backbone(SMALL, path, sha256=meant.upper())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    store = make_store(tmp_path, [b"1"])
    command = ["run", str(store.root), "--backbone", SMALL]
    assert cli.main([*command, "--weights-sha256", meant]) == 2
    assert cli.main([*command, "--weights", str(path), "--weights-sha256", meant]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert "give that, too" in first
    assert f"not {meant}: refused" in second
    assert not store.verdicts_dir.exists()


@pytest.mark.accepts("I02")
def test_flipped_bytes_load_or_are_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever HDF5 and Keras make of them."""
    import keras

    keras.utils.set_random_seed(1)
    theirs = keras.applications.MobileNetV3Small(weights=None)
    path, draw = tmp_path / "x.weights.h5", Random(1)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        theirs.save_weights(path)
    monkeypatch.setattr(keras.applications, SMALL, lambda **_: theirs)
    whole = path.read_bytes()
    refused: list[str] = []
    for _ in range(25):
        content = bytearray(whole)
        for _ in range(20):
            content[draw.randrange(20_000)] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        try:
            load_backbone(SMALL, path)
        except BackboneError as error:
            refused.append(str(error))
    assert refused
    assert all("x.weights.h5" in said and "\n" not in said for said in refused), refused


@pytest.mark.accepts("I02")
def test_a_file_that_is_gone_is_named_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(keras.utils, "get_file", opened)
    with pytest.raises(BackboneError, match=r"gone\.weights\.h5 holds no weights"):
        load_backbone(SMALL, tmp_path / "gone.weights.h5")
