"""`scrapy plan`: what a crawl would ask, how long it takes, and what is left of it."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

from rich.console import Console
from rich.filesize import decimal
from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import arglist_to_dict

from carscrape.argument_values import ArgumentError
from carscrape.arguments import Arguments, read_arguments
from carscrape.blocks import show_block
from carscrape.commands.crawl import spider_named
from carscrape.planning import HOSTS, MEAN_BYTES, EnginePlan, Plan, make_plan
from carscrape.spider import LedgerSpider
from carscrape.stopping import UNWRITABLE, USAGE
from carscrape.store import StoreError
from carscrape.tally import duration


class Command(ScrapyCommand):
    """`scrapy plan [SPIDER] [-a NAME=VALUE]...`; it takes what `scrapy crawl` takes."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """How it is called."""
        return "[options] [image_search|hitcounts]"

    def short_desc(self) -> str:
        """What it does."""
        return "Say what a crawl would ask, and how long it takes; asks nothing"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add options of our own."""
        super().add_options(parser)
        add = parser.add_argument
        add("-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE")
        add("--json", action="store_true", help="the same for programs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Plan a crawl. Exit code 0 fine, 2 wrong usage, 74 the ledger cannot be read."""
        assert self.settings is not None
        try:
            spider = spider_named(args or ["image_search"], self.settings)
            assert issubclass(spider, LedgerSpider)
            arguments = read_arguments(_given(opts.spargs), self.settings, spider.counts_hits)
            plan = make_plan(arguments, self.settings, spider.counts_hits)
        except (ArgumentError, StoreError) as error:
            print(f"scrapy plan: {error}", file=sys.stderr)
            self.exitcode = USAGE if isinstance(error, ArgumentError) else UNWRITABLE
            return
        if opts.json:
            about = {"spider": spider.name, "recipe": arguments.recipe.name}
            print(
                json.dumps({**about, "store": str(arguments.store.root), **plan.record}, indent=2)
            )
        else:
            _show(plan, arguments, spider)


def _given(spargs: list[str]) -> dict[str, str]:
    try:
        return arglist_to_dict(spargs)
    except ValueError:
        raise ArgumentError("invalid -a value, use -a NAME=VALUE") from None


def _show(plan: Plan, arguments: Arguments, spider: type[LedgerSpider]) -> None:
    console = Console(highlight=False)
    for each in plan.engines:
        rows = _hit_rows(each) if spider.counts_hits else _image_rows(each)
        show_block(console, each.engine, f"{spider.name} of {arguments.recipe.name}", rows)
    if not spider.counts_hits:
        show_block(console, "downloads", f"into {arguments.store.root}", _download_rows(plan))
    print(f"The engines are asked side by side: {duration(plan.seconds)} in all, or more.")


def _image_rows(plan: EnginePlan) -> Iterator[tuple[str, str]]:
    yield "queries", _asked(plan)
    each = f"{plan.pages_each} a query where they are full, {plan.most_pages_each} at most"
    yield "requests", f"{plan.requests:,} pages: {each}{_others(plan)}"
    yield "images", f"{plan.images:,} at most: {plan.images_each:,} a query"
    yield "time", _time(plan)


def _hit_rows(plan: EnginePlan) -> Iterator[tuple[str, str]]:
    yield "phrases", _asked(plan)
    yield "requests", f"{plan.requests:,}{_others(plan)}"
    yield "time", _time(plan)


def _asked(plan: EnginePlan) -> str:
    done = f", {plan.finished:,} of them finished, {plan.begun:,} begun"
    return f"{plan.asked:,}{done if plan.finished or plan.begun else ''}"


def _others(plan: EnginePlan) -> str:
    return f"; and {plan.others:,} that the store holds of earlier plans" if plan.others else ""


def _time(plan: EnginePlan) -> str:
    return f"{duration(plan.seconds)} at {plan.delay:g} s a request"


def _download_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.stored or plan.waiting:
        stored = f"{plan.stored:,} images in {decimal(plan.stored_bytes)}"
        yield "stored", f"{stored}; {plan.waiting:,} more are found and not downloaded yet"
    yield "images", f"{plan.images:,} at most; fewer, as engines find the same ones"
    pace = f"{1 / plan.seconds_per_image:g} a second from one host at most"
    took = f"if {HOSTS} hosts held equally many, {duration(plan.download_seconds)} or more"
    yield "time", f"{pace}; {took}; nobody knows before how many hosts there are"
    yield "disk", f"{decimal(plan.images * MEAN_BYTES)} at {decimal(MEAN_BYTES)} an image"
