"""What a hostile file may cost: no memory for pixels that are only claimed, no process, seconds."""

import os
import select
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zlib import crc32

import pytest
from judging import ANY_SIZE, judge
from odd_stages import Obeys, with_its_peak
from PIL import Image as Pillow
from stores import make_store, picture, sha

from carscrape.store import Store
from postprocess import pipeline, process_pool, workers
from postprocess.executors.local import Local
from postprocess.stage import Image, Stage, Verdict
from postprocess.stages.verify import Verify
from postprocess.verdicts import Verdicts
from tests.conftest import ROOT
from tests.made_files import NOT_OURS, TOO_LARGE, TOO_MANY_PIXELS, restarts

HERE = Path(__file__).parent
MIB = 1 << 20  # bytes
LITTLE = 300 * MIB  # room for the decoders' libraries, and for no bomb


def confined(
    tmp_path: Path, contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, memory: int
) -> dict[str, tuple[Verdict, int]]:
    """What a child with little memory says of each, which it must survive, and what it took."""
    monkeypatch.setattr(process_pool, "MEMORY", memory)
    said = {}
    with process_pool.process_pool(1) as pool:
        for name, content in contents.items():
            path = tmp_path / name
            path.write_bytes(content)
            image = Image(sha(content), path)
            task = pool.schedule(with_its_peak, args=(ANY_SIZE, image), timeout=60)
            said[name] = task.result()
    return said


@pytest.mark.accepts("B04")
def test_claimed_pixels_are_never_made_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bombs = {name: make() for name, make in TOO_MANY_PIXELS.items()}
    said = confined(tmp_path, bombs, monkeypatch, LITTLE)
    reasons = {name: verdict.reason for name, (verdict, _) in said.items()}
    undecodable = {name for name, reason in reasons.items() if reason == "undecodable"}
    assert set(reasons.values()) == {"too_many_pixels", "undecodable"}
    # Their canvas is small, or their boxes contradict each other.
    assert undecodable == {"webp-16383-on-a-small-canvas", "webp-frame", "avif-65535"}
    assert max(grown for _, grown in said.values()) < 64 * MIB


@pytest.mark.accepts("B05")
def test_frames_and_metadata_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = {name: make() for name, make in {**TOO_LARGE, "restarts": restarts}.items()}
    said = confined(tmp_path, large, monkeypatch, 2 * LITTLE)
    assert {verdict.reason for verdict, _ in said.values()} == {"ok", "undecodable"}
    assert said["restarts"][0].keep
    assert max(grown for _, grown in said.values()) < 256 * MIB


def with_a_broken_last_frame() -> bytes:
    """An animated PNG of six frames."""
    frames = [Pillow.open(BytesIO(picture(seed, format_="PNG"))) for seed in range(6)]
    file = BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    content = bytearray(file.getvalue())
    kind = content.rindex(b"fdAT")
    end = kind + 4 + int.from_bytes(content[kind - 4 : kind])
    content[kind + 20] ^= 0xFF
    content[end : end + 4] = crc32(content[kind:end]).to_bytes(4)  # only decoding sees it
    return bytes(content)


@pytest.mark.accepts("B05")
def test_frames_are_decoded_up_to_the_pixel_limit(tmp_path: Path) -> None:
    content = with_a_broken_last_frame()
    assert judge(tmp_path, content).reason == "undecodable"
    assert judge(tmp_path, content, replace(ANY_SIZE, max_pixels=3 * 96 * 80)).keep


@pytest.mark.accepts("B06")
def test_no_decoder_of_another_type_runs_and_no_process_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    for content in NOT_OURS.values():
        assert judge(tmp_path, content).reason == "type_not_allowed"


LOADED = """\
import sys
from pathlib import Path
from judging import verdict
for path in Path(sys.argv[1]).iterdir():
    verdict(path)
print(*(name for name in sys.modules if name.startswith("PIL.") and name.endswith("ImagePlugin")))
"""


@pytest.mark.accepts("B06")
def test_no_other_decoder_is_ever_loaded(tmp_path: Path) -> None:
    ours = {
        kind: picture(1, format_=kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF")
    }
    for name, content in {**ours, **NOT_OURS, "text": b"no image"}.items():
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{HERE}"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.removeprefix("PIL.").removesuffix("ImagePlugin") for name in done.stdout.split()}
    asked_for = {"Jpeg", "Png", "Gif", "WebP", "Bmp", "Avif"}
    # Pillow begins with PPM always, and reads EXIF by its reader of TIFF.
    assert asked_for <= loaded <= asked_for | {"Mpo", "Ppm", "Tiff"}


def judged(store: Store, stage: Stage, count: int | None = None) -> dict[str, str]:
    (generation,) = pipeline.run(store, [stage], executor=Local(count))
    rows = Verdicts(store).read(stage.name, generation.key, ["id", "reason"]).to_pylist()
    return {row["id"].hex(): row["reason"] for row in rows}


@pytest.mark.accepts("B07")
def test_a_slow_chunk_costs_no_image_its_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CHUNK_SECONDS", 0.001)
    contents = [b"%d" % n for n in range(40)]
    said = judged(make_store(tmp_path, contents), Obeys())
    assert said == {sha(content): "ok" for content in contents}


@pytest.mark.accepts("B07")
def test_any_number_of_workers_gives_the_same_verdicts(tmp_path: Path) -> None:
    contents = [picture(n, (64 + n % 9, 64)) for n in range(70)]
    contents[::7] = [content[:300] for content in contents[::7]]
    one, three = (make_store(tmp_path / str(count), contents) for count in (1, 3))
    said = judged(one, Verify(), 1)
    assert said == judged(three, Verify(), 3)
    assert set(said.values()) >= {"ok", "undecodable"}


HANGING = """
import signal, sys
sys.path.append(sys.argv[1])
from odd_stages import say_who_and_hang
from postprocess.process_pool import process_pool
with process_pool(1) as pool:
    pool.schedule(say_who_and_hang)
    signal.pause()
"""


def test_a_child_that_hangs_ends_with_a_parent_that_is_killed() -> None:
    command = [sys.executable, "-c", HANGING, HERE]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        ended, _, _ = select.select([child], [], [], 60)
    os.close(child)
    assert ended
