"""An existing folder of pictures becomes a store, as if a search engine had found them."""

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import DatabaseError, Row

from carscrape.items import ImageResult, Outcome, PageVerdict
from carscrape.ledger import Ledger
from carscrape.recipe import Query, Recipe, RecipeError, load
from carscrape.store import Store, StoreError
from postprocess.adopt.image_file import Unfit, read_header
from postprocess.adopt.listing import Listing, list_folder, path_of, url_of
from postprocess.adopt.summary import summary
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
    licence_url: str = ""
    author: str = ""


def adopt(folder: Path, store: Store, recipe: Recipe) -> str:
    """Copy the pictures of a folder into a store, each labelled with its sub-folder's name.

    Pictures directly in the folder get its own name as label. Done again, it goes on where it was
    stopped and adds what is new. The recipe is saved in a store that has none, for its filter.

    Returns:
        A summary for people.

    Raises:
        AdoptError: the folder is missing, has no files or no images, or holds the store.
        RecipeError: the store has a recipe of another name.
        StoreError: the store cannot be written.
    """
    listing = _checked(folder, store)
    _check_recipe(store, recipe)
    store.create()
    with _run(store, folder) as ledger:
        if not store.recipe_path.exists():
            recipe.save(store.root)
        known = {row["url"]: row for row in ledger.tally(f"select url, final, bytes {_ADOPTED}")}
        _write_results(ledger, _new(listing, ledger, known))
        lines = summary(listing, _copy_all(ledger, folder, store), known)
        if not store.images():
            said = "; ".join(lines)
            raise AdoptError(f"{folder} holds no image of a type that is stored: {said}")
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


def _check_recipe(store: Store, recipe: Recipe) -> None:
    """Refuse a recipe of another name than the store's; one of the same name may be edited."""
    path = store.recipe_path
    if path.exists() and (own := load(path).name) != recipe.name:
        raise RecipeError(
            f"{store.root} was made with the recipe {own!r}, not {recipe.name!r}: "
            f"say --recipe {path}, or name another store"
        )


@contextmanager
def _run(store: Store, folder: Path) -> Iterator[Ledger]:
    """The ledger, open for a run that is written into it and ended however it ends."""
    path = store.ledger_path()
    versions = {"python": sys.version.split()[0]}
    reason, code = "failed", 1
    try:
        with closing(Ledger(path)) as ledger:
            run = ledger.start_run(ENGINE, {"folder": str(folder)}, versions)
            try:
                yield ledger
                reason, code = "finished", 0
            finally:
                ledger.end_run(run, reason, code)
    except DatabaseError as error:
        raise StoreError(f"cannot write the ledger {path}: {error}") from error


def _new(listing: Listing, ledger: Ledger, known: Mapping[str, Row]) -> dict[str, list[Path]]:
    """The files by label that the ledger has no row for."""

    def is_new(path: Path) -> bool:
        url = url_of(path)
        return url not in known and ledger.images.stands_for(url) is None

    files = {
        label: [path for path in paths if is_new(path)] for label, paths in listing.files.items()
    }
    return {label: paths for label, paths in files.items() if paths}


def _write_results(ledger: Ledger, new: dict[str, list[Path]]) -> None:
    """One query per label, and one page of results per label and run."""
    queries = {_query_id(label): label for label in new}
    asked = [Query(id_, label, {"label": label}) for id_, label in queries.items()]
    ledger.pages.plan(asked, [ENGINE])
    for id_ in queries:
        ledger.pages.extend(id_, ENGINE)
    for page in ledger.pages.due(ENGINE, time.time(), sys.maxsize):
        results = [_result(path) for path in new.get(queries.get(page["query"], ""), ())]
        if results:
            ledger.pages.finish(page, PageVerdict.RESULTS, results, most=sys.maxsize)


def _query_id(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:16]


def _result(path: Path) -> _Result:
    return _Result(url_of(path), path.name.encode("utf-8", "replace").decode())


def _copy_all(ledger: Ledger, folder: Path, store: Store) -> Counter[str]:
    """End every image that has not ended, also those of a run that was stopped; outcome -> n."""
    rows = ledger.tally(f"select id, url, host, tries {_ADOPTED} and final = 0 order by id")
    ended: Counter[str] = Counter()
    with bar(ENGINE, len(rows)) as advance:
        for start in range(0, len(rows), _BATCH):
            batch = [
                _copy(folder, store, ledger, ImageResult(*row))
                for row in rows[start : start + _BATCH]
            ]
            ledger.images.finish([(item, 0.0) for item in batch])
            ended.update(str(item.outcome) for item in batch)
            advance(len(batch))
    return ended


def _copy(folder: Path, store: Store, ledger: Ledger, item: ImageResult) -> ImageResult:
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
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 in ledger.takedowns.images:
        item.outcome = Outcome.TAKEN_DOWN
        return item
    item.outcome, item.bytes, item.sha256 = Outcome.STORED, len(content), sha256
    item.type, item.width, item.height = header.type, header.width, header.height
    write_aside(store.image_path(sha256, header.type), content)
    return item
