"""The recipe of a remote store, and the tables it names."""

from dataclasses import dataclass

from carscrape.recipe import FILE_NAME
from carscrape.recipe_file import RecipeError, parse_toml
from carscrape.recipe_parts import read_table_name
from carscrape.remote.objects import Objects, RemoteError
from carscrape.store import Store


@dataclass(frozen=True)
class _Saved:
    name: str
    table: str  # the file; "" for none


def send_recipe(objects: Objects, files: dict[str, bytes]) -> None:
    """Send the files of a recipe, in their order.

    Raises:
        RemoteError: the remote store was made from another, or cannot be reached.
    """
    mine, there = _read(files[FILE_NAME], FILE_NAME), _saved(objects)
    if there and there.name != mine.name:
        raise RemoteError(
            f"{objects.url} was made from the recipe {there.name}, not {mine.name}: "
            "use another REMOTE_STORE"
        )
    for name, content in files.items():
        objects.write(name, content)


def fetch_recipe(objects: Objects, store: Store) -> None:
    """Bring the recipe, if there is one, behind the table that it names.

    Raises:
        RemoteError: it is damaged, or the remote store cannot be reached.
        OSError: the folder cannot be written.
    """
    saved = _saved(objects)
    for name in (saved.table, FILE_NAME) if saved else ():
        if name:
            objects.get(name, store.root / name)


def _saved(objects: Objects) -> _Saved | None:
    content = objects.read(FILE_NAME)
    if content is None:
        return None
    try:
        return _read(content, f"{objects.url}/{FILE_NAME}")
    except RecipeError as error:
        raise RemoteError(
            f"{error}; delete this object, and the next crawl saves it anew"
        ) from error


def _read(content: bytes, source: str) -> _Saved:
    top = parse_toml(content, source)
    return _Saved(top.text("name"), read_table_name(top))
