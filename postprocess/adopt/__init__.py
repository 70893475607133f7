"""Pictures that somebody has already become a store, as if a search engine had found them.

Sources: a folder of pictures, and what img2dataset brought back, in shards of three kinds.
"""

from dataclasses import dataclass
from pathlib import Path

from carscrape.items import Outcome
from carscrape.recipe import Recipe, RecipeError, load
from carscrape.store import Store, StoreError
from postprocess.adopt.brought import adopt_shards
from postprocess.adopt.folder import adopt_pictures
from postprocess.adopt.ledgers import open_ledgers
from postprocess.adopt.listing import Listing, list_folder
from postprocess.adopt.shards import Shards
from postprocess.visible import visible

__all__ = ["AdoptError", "Adopted", "adopt"]

_STORED = "select 1 from image where outcome = ? limit 1"


class AdoptError(StoreError):
    """A folder that cannot be adopted; the text says why."""


@dataclass(frozen=True)
class Adopted:
    """What was adopted, and what is missing or wrong; a line each."""

    lines: list[str]
    wrong: list[str]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def adopt(folder: Path, store: Store, recipe: Recipe) -> Adopted:
    """Bring the pictures of a folder into a store: what img2dataset wrote, and all other ones.

    Other pictures are labelled with their sub-folder's name, those directly in the folder with its
    own. Done again, it goes on where it was stopped and adds what is new. The recipe is saved in a
    store that has none, for its filter.

    Raises:
        AdoptError: the folder is missing, has no files or no images, or holds the store.
        RecipeError: the store has a recipe of another name.
        StoreError: the store cannot be written.
    """
    folder = folder.absolute()
    shards, listing = _checked(folder, store)
    _check_recipe(store, recipe)
    store.create()
    lines: list[str] = []
    wrong: list[str] = []
    with open_ledgers(store, folder, with_others=bool(shards)) as ledgers:
        if not store.recipe_path.exists():
            recipe.save(store.root)
        if shards or shards.strange:
            brought = adopt_shards(shards, folder, store, ledgers)
            lines, wrong = brought.tally.lines(), brought.wrong
        if listing.files:
            lines += adopt_pictures(listing, store, ledgers.new)
        elif str(listing):
            lines.append(f"passed over: {visible(str(listing))}")
        if next(store.rows(_STORED, (Outcome.STORED,)), None) is None:
            said = "; ".join(lines + wrong)
            raise AdoptError(f"{folder} holds no image of a type that is stored: {said}")
    return Adopted(lines, wrong)


def _checked(folder: Path, store: Store) -> tuple[Shards, Listing]:
    if not folder.is_dir():
        raise AdoptError(f"{folder} is no folder")
    if store.root.resolve().is_relative_to(folder.resolve()):
        raise AdoptError(f"the store {store.root} lies in {folder}: put it somewhere else")
    shards = Shards(folder)
    listing = list_folder(folder, shards.own)
    if not (listing.files or shards or shards.strange):
        passed_over = f" (passed over: {listing})" if str(listing) else ""
        raise AdoptError(f"{folder} holds no files{passed_over}")
    return shards, listing


def _check_recipe(store: Store, recipe: Recipe) -> None:
    """Refuse a recipe of another name than the store's; one of the same name may be edited."""
    path = store.recipe_path
    if path.exists() and (own := load(path).name) != recipe.name:
        raise RecipeError(
            f"{store.root} was made with the recipe {own!r}, not {recipe.name!r}: "
            f"say --recipe {path}, or name another store"
        )
