"""An existing folder of pictures becomes a store, as if a search engine had found them."""

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row

from carscrape.items import ImageResult, Outcome, PageVerdict
from carscrape.ledger import Ledger
from carscrape.recipe import Query, Recipe
from carscrape.store import Store, StoreError
from postprocess.image_file import Unfit, read_header
from postprocess.listing import Listing, list_folder, path_of, url_of
from postprocess.progress import bar
from postprocess.writing import write_aside

ENGINE = "adopt"
_BATCH = 64  # images whose ends are written together
_ADOPTED = "from image where url like 'adopt:///%'"


class AdoptError(StoreError):
    """A folder that cannot be adopted; the text says why."""


@dataclass(frozen=True, slots=True)
class _Result:
    """A file as the ledger takes a result."""

    image_url: str
    title: str
    page_url: str = ""
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None
    licence: str = ""


def adopt(folder: Path, store: Store, recipe: Recipe) -> str:
    """Copy the pictures of a folder into a store, each labelled with its sub-folder's name.

    Pictures directly in the folder get its own name as label. Done again, it goes on where it was
    stopped and adds what is new. The recipe is saved in the store, for its filter.

    Returns:
        A summary for people.

    Raises:
        AdoptError: the folder is missing, has no files or no images, or holds the store.
        StoreError: the store cannot be written.
    """
    listing = _checked(folder, store)
    store.create()
    recipe.save(store.root)
    with closing(Ledger(store.ledger_path())) as ledger:
        versions = {"python": sys.version.split()[0]}
        run = ledger.start_run(ENGINE, {"folder": str(folder)}, versions)
        known = {row["url"]: row for row in ledger.tally(f"select url, final, bytes {_ADOPTED}")}
        _write_results(ledger, _new(listing, known))
        ended = _copy_all(ledger, folder, store)
        ledger.end_run(run, "finished", 0)
    lines = _summary(listing, ended, known)
    if not store.images():
        raise AdoptError(f"{folder} holds no image of a type that is stored: {'; '.join(lines)}")
    return "\n".join(lines)


def _checked(folder: Path, store: Store) -> Listing:
    if not folder.is_dir():
        raise AdoptError(f"{folder} is no folder")
    if store.root.resolve().is_relative_to(folder.resolve()):
        raise AdoptError(f"the store {store.root} lies in {folder}: put it somewhere else")
    listing = list_folder(folder)
    if not listing.files:
        passed_over = f" (passed over: {listing})" if str(listing) else ""
        raise AdoptError(f"{folder} holds no files{passed_over}")
    return listing


def _new(listing: Listing, known: Mapping[str, Row]) -> dict[str, list[Path]]:
    """The files by label that the ledger has no row for."""
    files = {
        label: [path for path in paths if url_of(path) not in known]
        for label, paths in listing.files.items()
    }
    return {label: paths for label, paths in files.items() if paths}


def _write_results(ledger: Ledger, new: dict[str, list[Path]]) -> None:
    """One query per label, and one page of results per label and run."""
    queries = {_query_id(label): label for label in new}
    ledger.plan([Query(id_, label, {"label": label}) for id_, label in queries.items()], [ENGINE])
    for id_ in queries:
        ledger.extend(id_, ENGINE)
    for page in ledger.due_pages(ENGINE, time.time(), sys.maxsize):
        results = [_result(path) for path in new.get(queries.get(page["query"], ""), ())]
        if results:
            ledger.finish_page(page, PageVerdict.RESULTS, results, most=sys.maxsize)


def _query_id(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:16]


def _result(path: Path) -> _Result:
    return _Result(url_of(path), path.name.encode("utf-8", "replace").decode())


def _copy_all(ledger: Ledger, folder: Path, store: Store) -> list[ImageResult]:
    """End every image that has not ended, those of a run that was stopped included."""
    rows = ledger.tally(f"select id, url, host, tries {_ADOPTED} and final = 0 order by id")
    ended: list[ImageResult] = []
    with bar(ENGINE, len(rows)) as advance:
        for start in range(0, len(rows), _BATCH):
            batch = [
                _copy(folder, store, ImageResult(*row)) for row in rows[start : start + _BATCH]
            ]
            ledger.finish_images([(item, 0.0) for item in batch])
            ended += batch
            advance(len(batch))
    return ended


def _copy(folder: Path, store: Store, item: ImageResult) -> ImageResult:
    item.fetched_at = time.time()
    try:
        with (folder / path_of(item.url)).open("rb") as file:
            header = read_header(file)
            file.seek(0)
            content = file.read()
    except Unfit as unfit:
        item.outcome, item.detail = unfit.outcome, unfit.detail
        return item
    except OSError as error:
        item.outcome, item.detail = Outcome.GONE, error.strerror or "cannot be read"
        return item
    item.outcome, item.bytes = Outcome.STORED, len(content)
    item.type, item.width, item.height = header.type, header.width, header.height
    item.sha256 = hashlib.sha256(content).hexdigest()
    write_aside(store.image_path(item.sha256, item.type), content)
    return item


def _summary(listing: Listing, ended: Sequence[ImageResult], known: Mapping[str, Row]) -> list[str]:
    files = [path for paths in listing.files.values() for path in paths]
    there = {path: row for path in files if (row := known.get(url_of(path))) and row["final"]}
    changed = [path for path, row in there.items() if _changed(listing.folder / path, row["bytes"])]
    counts = Counter(str(item.outcome) for item in ended)
    stored = counts.pop(Outcome.STORED, 0)
    lines = [f"{stored:,} images added from {listing.folder}; labels: {len(listing.files):,}"]
    if there:
        lines.append(f"files there already: {len(there):,}")
    if counts:
        lines.append("not stored: " + ", ".join(f"{k} {n:,}" for k, n in counts.most_common()))
    if str(listing):
        lines.append(f"passed over: {listing}")
    if changed:
        lines.append(
            f"changed since they were adopted, not read again: {len(changed):,} (first: "
            f"{changed[0]}); under another name they are added"
        )
    return lines


def _changed(path: Path, size: int | None) -> bool:
    return size is not None and path.stat().st_size != size
