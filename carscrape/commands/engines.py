"""`scrapy engines`: every search engine there is, what it needs, and whether its reader works."""

import argparse
import json
import sys
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from rich.console import Console
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from carscrape.argument_values import ArgumentError, read_port
from carscrape.arguments import check_all_settings
from carscrape.canary import KEPT_IN, QUERY, Canary
from carscrape.crawl_log import LoggedCommand
from carscrape.engine_choice import find_engine, missing_for, pick_engines
from carscrape.engine_facts import facts, show
from carscrape.engines.base import Engine, engine_names, load_engine
from carscrape.log_lines import one_line
from carscrape.questions import Check, Finding


class Command(LoggedCommand):
    """`scrapy engines [--check] [--json] [ENGINE ...]`."""

    requires_project = True
    # Findings are told; -L WARNING shows what else the crawl has to say.
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        """How it is called."""
        return "[options] [ENGINE ...]"

    def short_desc(self) -> str:
        """What it does."""
        return "List the search engines and what each needs; --check asks them"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add options of our own."""
        super().add_options(parser)
        add = parser.add_argument
        add("--json", action="store_true", help="the same for programs")
        add(
            "--check",
            action="store_true",
            help="ask each engine one query and say whether its reader works; pages that need a "
            f"look are kept in ./{KEPT_IN}",
        )
        add("--query", metavar="TEXT", help=f"what --check asks (default: {QUERY})")
        add("--demo-port", metavar="N", help="check the demo's engines, on a demo web that runs")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """List or check engines. Exit code 0 fine, 1 a reader does not work, 2 wrong usage."""
        assert self.settings is not None
        try:
            check_all_settings(self.settings)
            port = read_port(opts.demo_port)
            if not opts.check and (opts.query or port):
                raise ArgumentError("--query and --demo-port go with --check")
            if opts.check:
                self._check(_to_check(args, port), bool(args), opts)
            else:
                engines = [find_engine(name) for name in args or engine_names()]
                _list(engines, self.settings, opts.json)
        except ArgumentError as error:
            self.refuse(error)

    def _check(
        self, engines: tuple[Engine, ...], are_named: bool, opts: argparse.Namespace
    ) -> None:
        """Ask what can be asked, and say of every engine what came of it."""
        left_out = {
            engine.name: why for engine in engines if (why := self._why_not(engine, are_named))
        }
        asked = [engine for engine in engines if engine.name not in left_out]
        findings = self._ask(asked, opts) if asked else []
        checks = [
            Check(
                engine.name,
                left_out.get(engine.name, ""),
                [found for found in findings if found.engine == engine.name],
            )
            for engine in engines
        ]
        if opts.json:
            print(json.dumps([each.record for each in checks], indent=2))
        else:
            print(*(each.line for each in checks), sep="\n")
        works = asked and all(each.works for each in checks if are_named or not each.left_out)
        self.exitcode = 0 if works else 1

    def _why_not(self, engine: Engine, is_named: bool) -> str:
        if engine.is_opt_in and not is_named:
            return "not asked: its terms are yours to judge, so name it to check it"
        assert self.settings is not None
        return missing_for(engine, self.settings)

    def _ask(self, engines: list[Engine], opts: argparse.Namespace) -> list[Finding]:
        """Run the crawl that asks, on a store that is gone afterwards."""
        assert self.settings is not None
        assert self.crawler_process
        for engine in engines:
            if engine.is_opt_in:
                print(f"terms of {engine.name}, yours to keep: {engine.terms}", file=sys.stderr)
        given = {"engines": ",".join(engine.name for engine in engines)}
        given["query"] = opts.query or QUERY
        if opts.demo_port:
            given["demo_port"] = opts.demo_port
        with TemporaryDirectory() as folder:
            settings = self.settings.copy()
            settings.set("STORE", folder, "cmdline")
            crawler = Crawler(Canary, settings)
            self.crawler_process.crawl(crawler, **given)
            self.crawler_process.start()
        assert isinstance(crawler.spider, Canary)
        if not crawler.spider.run:
            print(
                "scrapy engines:", *map(one_line, crawler.spider.health.complaints), file=sys.stderr
            )
        return list(crawler.spider.findings.values())


def _to_check(names: list[str], port: int | None) -> tuple[Engine, ...]:
    if names:
        return pick_engines(names, port)
    every = map(load_engine, engine_names())
    return tuple(engine for engine in every if engine.is_demo == bool(port))


def _list(engines: list[Engine], settings: BaseSettings, as_json: bool) -> None:
    if as_json:
        print(json.dumps([facts(engine, settings) for engine in engines], indent=2))
        return
    console = Console(highlight=False)
    for engine in engines:
        show(engine, settings, console)
