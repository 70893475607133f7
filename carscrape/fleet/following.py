"""Follows a plan to its end, and says how it ended."""

import argparse
import os
import time

from carscrape.fleet.hosts import Host, HostError
from carscrape.fleet.plan import Plan
from carscrape.fleet.progress import Progress
from carscrape.remote.objects import Objects, RemoteError
from carscrape.stopping import UNWRITABLE, USAGE

_LOOK_AGAIN = 2.0  # seconds


def follow(given: argparse.Namespace) -> int:
    """Run until every shard has ended; returns the exit code."""
    progress = Progress()
    try:
        return _follow(_plan(given, progress), progress)
    except HostError as error:
        progress.say(str(error))
        return USAGE
    except RemoteError as error:
        progress.say(str(error))
        return UNWRITABLE
    except KeyboardInterrupt:
        progress.say("the crawls go on; run the same command to follow them again")
        return 130
    finally:
        progress.end()


def _plan(given: argparse.Namespace, progress: Progress) -> Plan:
    user, password = os.environ.get("SCRAPYD_USERNAME"), os.environ.get("SCRAPYD_PASSWORD")
    hosts = [Host.at(url, user, password, given.dead_after) for url in given.hosts]
    settings = {**dict(given.settings), "REMOTE_STORE": given.remote}
    objects = Objects(given.remote)
    arguments = dict(given.arguments)
    return Plan(objects, hosts, given.shards, given.spider, arguments, settings, progress.say)


def _follow(plan: Plan, progress: Progress) -> int:
    plan.check_hosts()
    plan.look()
    while not plan.is_over:
        progress.show(list(plan.hosts), plan.parts)
        if all(host.is_dead for host in plan.hosts):
            progress.say("no host is of use any more; run the same command again to go on")
            return USAGE if any(host.is_wrong for host in plan.hosts) else 1
        time.sleep(_LOOK_AGAIN)
        try:
            plan.look()
        except RemoteError as error:  # what worked once may work again
            progress.say(str(error))
    return plan.exit_code
