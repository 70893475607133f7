"""The log of a crawl, open before Scrapy says its first word, so that all of it is of one kind."""

import argparse
import logging
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings
from scrapy.utils.log import get_scrapy_root_handler

from carscrape.argument_values import ArgumentError
from carscrape.log_lines import JsonLines, OneLine
from carscrape.secrets import WithoutKeys
from carscrape.setting_checks import mend_log_settings
from carscrape.stopping import UNWRITABLE, USAGE

logger = logging.getLogger(__name__)
TABLES = "carscrape.extensions"
"""The logger that may write several lines where people read them: it draws the summary."""

_opened: list[logging.Handler] = []


def log_handler(settings: BaseSettings) -> logging.Handler | None:
    """What writes the log: ours, or Scrapy's where a program of somebody's own runs the crawl."""
    if _opened:
        return _opened[-1]
    handler = get_scrapy_root_handler()
    if handler is not None:
        _dress(handler, settings)
    return handler


def open_log(settings: BaseSettings) -> None:
    """Write the log where and how the settings say, in place of Scrapy's own handler.

    Scrapy makes a new handler each time it has read more settings, without what was added to it.
    """
    handler = _handler(settings)
    handler.setLevel(settings["LOG_LEVEL"])
    handler.setFormatter(logging.Formatter(settings["LOG_FORMAT"], settings["LOG_DATEFORMAT"]))
    _dress(handler, settings)
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, "cmdline")
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)
    _opened.append(handler)


def _dress(handler: logging.Handler, settings: BaseSettings) -> None:
    handler.addFilter(WithoutKeys())
    if settings.getbool("LOG_JSON"):
        handler.setFormatter(JsonLines())
    else:
        handler.addFilter(OneLine(tables=TABLES))


def _handler(settings: BaseSettings) -> logging.Handler:
    if settings["LOG_FILE"]:
        if not settings.getbool("LOG_FILE_APPEND"):
            Path(settings["LOG_FILE"]).write_bytes(b"")
        # Never "w": Scrapy's logging.config closes every handler, and only "a" is opened again.
        return logging.FileHandler(settings["LOG_FILE"], "a", settings["LOG_ENCODING"])
    return logging.StreamHandler() if settings.getbool("LOG_ENABLED") else logging.NullHandler()


class LoggedCommand(ScrapyCommand):
    """A command of Scrapy's that crawls, and whose log is ours from its first line on."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Open the log. Ends with exit code 2 where a setting of it is wrong."""
        super().process_options(args, opts)
        assert self.settings is not None
        wrong = mend_log_settings(self.settings)
        open_log(self.settings)
        if wrong:
            self.refuse(ArgumentError(f"setting {wrong[0]}"))
            sys.exit(self.exitcode)

    def refuse(self, error: Exception) -> None:
        """Say in one line why nothing is begun: where people look, and where the log is read."""
        assert self.settings is not None
        self.exitcode = USAGE if isinstance(error, ArgumentError) else UNWRITABLE
        line = f"scrapy {type(self).__module__.rpartition('.')[2]}: {error}"
        is_file = bool(self.settings["LOG_FILE"])
        is_json = self.settings.getbool("LOG_JSON") and self.settings.getbool("LOG_ENABLED")
        if is_file or is_json:
            logger.critical("%s", line, extra={"fields": {"exit_code": self.exitcode}})
        if is_file or not is_json:
            print(line, file=sys.stderr)
