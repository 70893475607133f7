"""The arguments of the spiders, checked before the first request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from scrapy.settings import BaseSettings

from carscrape.engines.base import Engine, engine_names, load_engine
from carscrape.filters import CODES, FILTERS, Filters, check_filter, locale_of
from carscrape.items import HitCount
from carscrape.recipe import Query, Recipe, RecipeError, load, shard_of
from carscrape.setting_checks import check_settings
from carscrape.store import Store

_OTHERS = ("limit", "per_query", "shard", "demo_port", "again")


class ArgumentError(Exception):
    """An argument that cannot be meant; the text is one line for the person who typed it."""


@dataclass(frozen=True)
class Arguments:
    """What a crawl was asked to do."""

    store: Store
    recipe: Recipe
    replaces_recipe: bool  # the store holds one of the same name that asks for something else
    engines: tuple[Engine, ...]
    only: dict[str, list[str]]  # attribute -> the values wanted
    filters: Filters  # what every search is narrowed to
    again: bool  # a new series of hit counts is begun
    limit: int | None  # queries, or subjects of hit counts
    per_query: int  # images per query and engine
    shard: tuple[int, int] | None  # (2, 8): the second of eight
    demo_port: int | None

    @property
    def ledger_name(self) -> str:
        """The shard's name, and its ledger's."""
        return "{}-of-{}".format(*self.shard) if self.shard else "all"

    @property
    def uses_demo(self) -> bool:
        """Whether the demo web is asked (and nothing else)."""
        return self.engines[0].is_demo

    def queries(self) -> Iterator[Query]:
        """The queries of this run."""
        queries = islice(self.recipe.queries(self.only, self.filters), self.limit)
        if self.shard is None:
            return queries
        mine, shards = self.shard
        return (query for query in queries if shard_of(query.id, shards) == mine)

    def hit_counts(self, day: str) -> Iterator[HitCount]:
        """The phrases to count in this run, once per engine, as part of a day's series."""
        locale = locale_of(self.filters)
        each = len(self.recipe.terms) * (2 if self.recipe.hits.unquoted else 1)
        most = None if self.limit is None else self.limit * each
        for phrase in islice(self.recipe.hit_phrases(self.only), most):
            if self.shard and shard_of(phrase.text, self.shard[1]) != self.shard[0]:
                continue
            for engine in self.engines:
                yield HitCount(engine.name, phrase.text, phrase.subject, phrase.term, day, locale)


def read_arguments(
    given: Mapping[str, str], settings: BaseSettings, counts_hits: bool
) -> Arguments:
    """Check the -a arguments of a spider.

    Raises:
        ArgumentError: with one line that names the argument and what was expected.
    """
    try:
        check_settings(settings)
    except ValueError as error:
        raise ArgumentError(f"setting {error}") from None
    # Scrapyd adds arguments of its own, all with a leading underscore.
    left = {name: value for name, value in given.items() if not name.startswith("_")}
    store = Store(settings["STORE"])
    recipe, replaces_recipe = _recipe(left.pop("recipe", None), store)
    engines = _engines(left.pop("engines", None), recipe, counts_hits)
    filters = _filters(left, recipe, engines, counts_hits)
    arguments = Arguments(
        store=store,
        recipe=recipe,
        replaces_recipe=replaces_recipe,
        engines=engines,
        limit=_number("limit", left.pop("limit", None)),
        per_query=_number("per_query", left.pop("per_query", None)) or recipe.per_query,
        shard=_shard(left.pop("shard", None)),
        demo_port=_number("demo_port", left.pop("demo_port", None), 65535),
        filters=filters,
        again=_again(left.pop("again", None), counts_hits),
        only=_only(left, recipe),
    )
    _check_sharding(arguments)
    if arguments.demo_port and not arguments.uses_demo:
        raise ArgumentError("demo_port is for the demo's engines alone")
    if counts_hits and not recipe.terms:
        raise ArgumentError(f"the recipe {recipe.name} has no [hits] to count")
    return arguments


def _recipe(given: str | None, store: Store) -> tuple[Recipe, bool]:
    """The recipe named, else the store's own, else cars; and whether the store has another."""
    try:
        own = load(store.recipe_path) if store.recipe_path.exists() else None
        recipe = load(given) if given else own or load("cars")
    except RecipeError as error:
        raise ArgumentError(str(error)) from None
    except OSError as error:
        raise ArgumentError(f"setting STORE: {store.root}: {error.strerror}") from None
    if own and own.name != recipe.name:
        raise ArgumentError(
            f"recipe: {store.root} was made from the recipe {own.name}, not {recipe.name}: "
            "give another store with -s STORE=DIR"
        )
    return recipe, own is not None and own != recipe


def _engines(given: str | None, recipe: Recipe, counts_hits: bool) -> tuple[Engine, ...]:
    names = [name.strip() for name in given.split(",")] if given else list(recipe.engines)
    engines = []
    for name in dict.fromkeys(names):
        try:
            engines.append(load_engine(name))
        except KeyError:
            known = ", ".join(engine_names())
            raise ArgumentError(
                f"engines: there is no engine {name!r}; there are {known}"
            ) from None
    if len({engine.is_demo for engine in engines}) > 1:
        raise ArgumentError("engines: the demo web's cannot be asked together with real ones")
    for engine in engines:
        if counts_hits and not engine.counts_hits:
            raise ArgumentError(f"engines: {engine.name} does not count hits")
        if not counts_hits and not engine.finds_images:
            raise ArgumentError(f"engines: {engine.name} finds no images, it only counts hits")
        if missing := engine.missing():
            raise ArgumentError(f"engines: {missing}")
    return tuple(engines)


def _filters(
    left: dict[str, str], recipe: Recipe, engines: tuple[Engine, ...], counts_hits: bool
) -> Filters:
    """The recipe's filters and those given beside it, which every engine must have."""
    given = {name: left.pop(name) for name in FILTERS if name in left}
    for name, value in given.items():
        try:
            check_filter(name, value)
        except ValueError as error:
            raise ArgumentError(f"{name}: {error}") from None
        if counts_hits and name not in CODES:
            raise ArgumentError(f"{name}: hits are narrowed by {' and '.join(CODES)} alone")
    filters = {**recipe.filters, **given}
    if counts_hits:
        filters = {name: value for name, value in filters.items() if name in CODES}
    for engine in engines:
        if lacks := engine.lacks(filters):
            raise ArgumentError(f"{lacks}; leave out the filter, or the engine")
    return filters


def _again(given: str | None, counts_hits: bool) -> bool:
    if given is not None and not counts_hits:
        raise ArgumentError("again is for hitcounts alone")
    if given not in (None, "yes", "no"):
        raise ArgumentError(f"again: expected yes or no, got {given!r}")
    return given == "yes"


def _number(name: str, given: str | None, most: int = 10**9) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= most):
        raise ArgumentError(f"{name}: expected a whole number from 1 to {most}, got {given!r}")
    return int(given)


def _shard(given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    mine, slash, shards = given.partition("/")
    numbers = (_number("shard", mine), _number("shard", shards)) if slash else (None, None)
    if numbers[0] is None or numbers[1] is None or numbers[0] > numbers[1]:
        raise ArgumentError(f"shard: expected I/N with I from 1 to N, as in 2/8, got {given!r}")
    return numbers[0], numbers[1]


def _check_sharding(arguments: Arguments) -> None:
    """Refuse to cut a store's queries in two ways: each ledger would ask what others asked."""
    cut = arguments.ledger_name.partition("-of-")[2]
    for path in arguments.store.ledger_dir.glob("*.sqlite"):
        if path.stem.partition("-of-")[2] != cut:
            raise ArgumentError(f"shard: {arguments.store.root} holds {path.name}, cut otherwise")


def _only(left: dict[str, str], recipe: Recipe) -> dict[str, list[str]]:
    """Values wanted per attribute, from arguments such as colors=red,blue."""
    plurals = {f"{attribute}s": attribute for attribute in recipe.attributes}
    only = {}
    for name, value in left.items():
        if name not in plurals:
            known = ", ".join(["recipe", "engines", *plurals, *_OTHERS, *FILTERS])
            raise ArgumentError(f"there is no argument {name!r}; there are {known}")
        only[plurals[name]] = [part.strip() for part in value.split(",")]
    try:
        next(iter(recipe.queries(only)))
    except RecipeError as error:
        raise ArgumentError(str(error)) from None
    except StopIteration:
        raise ArgumentError(f"no combination of recipe {recipe.name} fits {left}") from None
    return only
