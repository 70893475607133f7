"""The arguments of the spiders, checked before the first request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from scrapy.settings import BaseSettings

from carscrape.argument_values import ArgumentError, read_port, read_shard, whole_number
from carscrape.engine_choice import check_engines, choose_filters, pick_engines
from carscrape.engines.base import Engine
from carscrape.filters import FILTERS, Filters, locale_of
from carscrape.items import HitCount
from carscrape.recipe import Query, Recipe, RecipeError, load, shard_of
from carscrape.setting_checks import check_settings
from carscrape.store import Store

_OTHERS = ("limit", "per_query", "shard", "demo_port", "again")


@dataclass(frozen=True)
class Arguments:
    """What a crawl was asked to do."""

    store: Store
    recipe: Recipe
    engines: tuple[Engine, ...]
    per_query: int  # images per query and engine
    replaces_recipe: bool = False  # the store holds one of that name that asks something else
    only: dict[str, list[str]] = field(default_factory=dict)  # attribute -> the values wanted
    filters: Filters = field(default_factory=dict)  # what every search is narrowed to
    again: bool = False  # a new series of hit counts is begun
    limit: int | None = None  # queries, or subjects of hit counts
    shard: tuple[int, int] | None = None  # (2, 8): the second of eight
    demo_port: int | None = None

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
    check_all_settings(settings)
    # Scrapyd adds arguments of its own, all with a leading underscore.
    left = {name: value for name, value in given.items() if not name.startswith("_")}
    store = Store(settings["STORE"])
    recipe, replaces_recipe = _recipe(left.pop("recipe", None), store)
    port = read_port(left.pop("demo_port", None))
    names = left.pop("engines", None)
    engines = pick_engines(names.split(",") if names else recipe.engines, port)
    check_engines(engines, counts_hits, settings)
    narrowed = {name: left.pop(name) for name in FILTERS if name in left}
    arguments = Arguments(
        store=store,
        recipe=recipe,
        replaces_recipe=replaces_recipe,
        engines=engines,
        limit=whole_number("limit", left.pop("limit", None)),
        per_query=whole_number("per_query", left.pop("per_query", None)) or recipe.per_query,
        shard=read_shard(left.pop("shard", None)),
        demo_port=port,
        filters=choose_filters(narrowed, recipe.filters, engines, counts_hits),
        again=_again(left.pop("again", None), counts_hits),
        only=_only(left, recipe),
    )
    _check_sharding(arguments)
    if counts_hits and not recipe.terms:
        raise ArgumentError(f"the recipe {recipe.name} has no [hits] to count")
    return arguments


def check_all_settings(settings: BaseSettings) -> None:
    """Check the settings that a crawl depends on.

    Raises:
        ArgumentError: with one line that names the setting and what was expected.
    """
    try:
        check_settings(settings)
    except ValueError as error:
        raise ArgumentError(f"setting {error}") from None


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


def _again(given: str | None, counts_hits: bool) -> bool:
    if given is not None and not counts_hits:
        raise ArgumentError("again is for hitcounts alone")
    if given not in (None, "yes", "no"):
        raise ArgumentError(f"again: expected yes or no, got {given!r}")
    return given == "yes"


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
