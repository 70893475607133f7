"""`scrapy preflight`: is this host fit to run Scrapyd?"""

import argparse
import sys
from pathlib import Path
from typing import Any, ClassVar

from scrapy.commands import ScrapyCommand

from carscrape.host_checks import faults, notes, store_faults
from carscrape.setting_checks import names_store


class Command(ScrapyCommand):
    """`scrapy preflight [--conf FILE] [--behind-tls]`."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def short_desc(self) -> str:
        """What it does."""
        return "Say whether Scrapyd may start here: closed to strangers, the store writable"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add options of our own."""
        super().add_options(parser)
        parser.add_argument(
            "--conf", type=Path, metavar="FILE", help="besides what Scrapyd reads by itself"
        )
        parser.add_argument(
            "--behind-tls", action="store_true", help="TLS ends before Scrapyd, on another host"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check. Exit code 0: it may start; 1: each line says what to mend."""
        assert self.settings is not None
        wrong = [
            *faults(opts.conf, opts.behind_tls),
            *store_faults(self.settings["STORE"], names_store(self.settings)),
        ]
        for line in wrong:
            print(f"scrapy preflight: {line}", file=sys.stderr)
        for line in notes(self.settings):
            print(f"note: {line}")
        if not wrong:
            print(f"Scrapyd may start here; jobs write {self.settings['STORE']}")
        self.exitcode = 1 if wrong else 0
