"""The report of a store of a million image URLs: it stays a page that opens at once."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from large import LABELS, large_store
from PIL import Image
from playwright.sync_api import Page
from reported import Page as Read

from postprocess.report import samples, write_report
from postprocess.report.chosen import LABELS as LABELS_SHOWN
from postprocess.report.chosen import PER_LABEL
from postprocess.report.picks import BY_LOT, NEAREST
from postprocess.report.spread import LISTED
from postprocess.thumbnails import SIDE, thumbnails
from tests.browsing import needs_chromium

IMAGES = 1_000_000
MOST_BYTES = 6_000_000
MOST_ELEMENTS = 12_000
REASONS = 10 + 1 + 3 + 1 + 3  # that the stages have
SIDES = NEAREST + BY_LOT + NEAREST  # images of a reason, at most
MOST_PICTURES = LABELS_SHOWN * PER_LABEL + REASONS * SIDES + NEAREST + BY_LOT


@pytest.fixture
def heaviest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every picture on the page is noise, than which no thumbnail takes more bytes."""
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    path = tmp_path / "noise.png"
    Image.fromarray(noise).save(path)
    (uri,) = thumbnails({"noise": path}).values()
    monkeypatch.setattr(samples, "thumbnails", lambda paths: dict.fromkeys(paths, uri))


@needs_chromium
@pytest.mark.accepts("H05")
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("heaviest")
def test_a_million_rows_are_a_bounded_page(tmp_path: Path, tab: Callable[..., Page]) -> None:
    store = large_store(tmp_path, IMAGES)
    began = time.monotonic()
    path = write_report(store)
    made = time.monotonic()
    page = tab(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    shown = page.evaluate("[...document.images].filter(image => image.naturalWidth > 0).length")
    opened = time.monotonic()
    size = path.stat().st_size
    elements = page.evaluate("document.querySelectorAll('*').length")
    print(f"made in {made - began:.1f} s, opened in {opened - made:.1f} s")
    print(f"{size / 1e6:.1f} MB, {elements:,} elements")

    assert size < MOST_BYTES
    assert elements < MOST_ELEMENTS
    assert page.evaluate("document.scripts.length") == 0
    assert LABELS_SHOWN * PER_LABEL < shown <= MOST_PICTURES
    rows = Read(path.read_text(encoding="utf-8")).rows("Label: where their images went")
    assert len(rows) == LISTED + 2
    assert f"{LABELS - LISTED:,} more" in rows
    assert rows["All"][1] == f"{IMAGES:,}"
