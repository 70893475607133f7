"""A judged store to export, and what lies in a dataset."""

from pathlib import Path

from judged import judge
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape.store import Store
from postprocess.exporters import exporter_names, load_exporter
from postprocess.spreadsheet import read_csv

PICTURES = [picture(seed) for seed in range(48)]
IMAGE_FORMATS = sorted(set(exporter_names()) - {"urls"})


def judged_store(tmp_path: Path, **judgement: object) -> Store:
    """Forty red ones, of which one is rejected, and eight blue ones."""
    found = [Found(content, RED) for content in PICTURES[:40]]
    store = make_store(tmp_path, found + [Found(content, BLUE) for content in PICTURES[40:]])
    judge(store, **({"rejected": {sha(PICTURES[0]): ("verify", "too_small")}} | judgement))
    return store


def export(store, to, name="folders", seed=1, **options):
    return load_exporter(name).export(store, to, seed, **options)


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def manifest(folder):
    return list(read_csv(folder / "manifest.csv"))


def left_out(folder):
    return {row["sha256"]: row["reason"] for row in read_csv(folder / "left_out.csv")}


def splits_of(folder):
    return {row["sha256"]: row["split"] for row in manifest(folder)}
