"""`python -m carscrape.fleet HOST... --shards N --remote URL`: one plan over many Scrapyd hosts."""

import argparse
import os
import sys
import time
from urllib.parse import urlsplit

from carscrape.argument_values import ArgumentError, whole_number
from carscrape.fleet.hosts import Host, HostError
from carscrape.fleet.plan import Plan
from carscrape.fleet.progress import Progress
from carscrape.remote.objects import Objects, RemoteError
from carscrape.remote.urls import url_argument
from carscrape.stopping import UNWRITABLE, USAGE

_LOOK_AGAIN = 2.0  # seconds


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        "python -m carscrape.fleet",
        description="Crawl one plan on many Scrapyd hosts; run it again at any time to go on.",
        epilog="Their user and password: SCRAPYD_USERNAME and SCRAPYD_PASSWORD in the "
        "environment, or ~/.netrc.",
    )
    add = parser.add_argument
    add("hosts", nargs="+", type=_url, metavar="HOST", help="as http://10.0.0.5:6800")
    add("--shards", required=True, type=_count, help="parts of the plan; more than hosts is fine")
    add("--remote", required=True, type=url_argument, metavar="URL", help="as s3://bucket/prefix")
    add("--spider", default="image_search", choices=("image_search", "hitcounts"))
    add(
        "--dead-after",
        default=120,
        type=_count,
        metavar="SECONDS",
        help="of no answer: %(default)s",
    )
    add("-a", dest="arguments", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    add("-s", dest="settings", action="append", default=[], type=_pair, metavar="NAME=VALUE")
    return parser


def _url(text: str) -> str:
    url = urlsplit(text)
    if "@" in url.netloc:
        raise argparse.ArgumentTypeError("a password is not for a URL; see below")
    if not url.scheme or "://" not in text:
        raise argparse.ArgumentTypeError(f"expected a URL, got {text!r}")
    return text


def _count(text: str) -> int:
    try:
        return whole_number("it", text) or 0
    except ArgumentError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals) or name in ("shard", "REMOTE_STORE"):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, no shard or store, got {text!r}")
    return name, value


def main(arguments: list[str] | None = None) -> int:
    """Run until every shard has ended.

    Exit code 0 all are done, 1 some are not, 2 wrong usage, 74 no remote store, 130 interrupted.
    """
    given = parser().parse_args(arguments)
    progress = Progress()
    try:
        return _follow(_plan(given, progress), progress)
    except (HostError, RemoteError) as error:
        progress.say(str(error))
        return USAGE if isinstance(error, HostError) else UNWRITABLE
    except KeyboardInterrupt:
        progress.say("the crawls go on; run the same command to follow them again")
        return 130
    finally:
        progress.end()


def _plan(given: argparse.Namespace, progress: Progress) -> Plan:
    user, password = os.environ.get("SCRAPYD_USERNAME"), os.environ.get("SCRAPYD_PASSWORD")
    hosts = [Host.at(url, user, password, given.dead_after) for url in given.hosts]
    settings = [*given.settings, ("REMOTE_STORE", given.remote)]
    options = [*given.arguments, *(("setting", f"{name}={value}") for name, value in settings)]
    objects = Objects(given.remote)
    return Plan(objects, hosts, given.shards, given.spider, options, progress.say)


def _follow(plan: Plan, progress: Progress) -> int:
    plan.look()
    while not plan.is_over:
        progress.show(list(plan.hosts), plan.parts)
        if all(host.is_dead for host in plan.hosts):
            progress.say("no host answers; run the same command again to go on")
            return 1
        time.sleep(_LOOK_AGAIN)
        try:
            plan.look()
        except (HostError, RemoteError) as error:  # what worked once may work again
            progress.say(str(error))
    return plan.exit_code


if __name__ == "__main__":
    sys.exit(main())
