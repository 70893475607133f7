"""`python -m carscrape.fleet HOST... --shards N --remote URL`: one plan over many Scrapyd hosts."""

import argparse
import sys
from contextlib import suppress
from urllib.parse import urlsplit

from carscrape.argument_values import ArgumentError, whole_number
from carscrape.remote.urls import url_argument
from carscrape.stopping import USAGE

# Ours to give, and what Scrapyd takes for itself.
_NOT_FOR_CRAWLS = {
    *("shard", "REMOTE_STORE"),
    *("project", "spider", "setting", "jobid", "priority", "_version"),
}
_USER_IN_URL = "a password is not for a URL; see below"  # the epilog; no word of it is shown


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        "python -m carscrape.fleet",
        description="Crawl one plan on many Scrapyd hosts; run it again at any time to go on.",
        epilog="Their user and password: SCRAPYD_USERNAME and SCRAPYD_PASSWORD in the "
        "environment, or ~/.netrc.",
    )
    add = parser.add_argument
    add("hosts", nargs="+", type=_host, metavar="HOST", help="as http://10.0.0.5:6800")
    add("--shards", required=True, type=_count, help="parts of the plan; more than hosts is fine")
    add("--remote", required=True, type=url_argument, metavar="URL", help="as s3://bucket/prefix")
    add("--spider", default="image_search", choices=("image_search", "hitcounts"))
    add(
        "--dead-after",
        default=120,
        type=_count,
        metavar="SECONDS",
        help="without an answer that is of use: %(default)s",
    )
    add("-a", dest="arguments", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    add("-s", dest="settings", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    return parser


def _host(text: str) -> str:
    """A Scrapyd's URL."""
    if "@" in text:
        raise argparse.ArgumentTypeError(_USER_IN_URL)
    with suppress(ValueError):  # a port that is none, half an IPv6 address
        url = urlsplit(text)
        is_server = url.scheme in ("http", "https") and url.hostname and url.port != 0
        if is_server and not (url.query or url.fragment):
            return text
    raise argparse.ArgumentTypeError(f"expected http(s)://HOST:PORT, got {text!r}")


def _count(text: str) -> int:
    try:
        return whole_number("it", text) or 0
    except ArgumentError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals) or name in _NOT_FOR_CRAWLS:
        names = ", ".join(sorted(_NOT_FOR_CRAWLS))
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, none of {names}; got {name!r}")
    return name, value


def main(arguments: list[str] | None = None) -> int:
    """Run until every shard has ended.

    Exit code 0 all are done, 1 some are not, 2 wrong usage or a host that must be mended,
    74 no remote store, 130 interrupted.
    """
    given = parser().parse_args(arguments)
    try:
        from carscrape.fleet.following import follow
    except ModuleNotFoundError as error:
        print(
            f"carscrape.fleet: {error.name} is not installed here: install "
            "carscrape/requirements-remote.txt and carscrape/requirements-fleet.txt",
            file=sys.stderr,
        )
        return USAGE
    return follow(given)


if __name__ == "__main__":
    sys.exit(main())
