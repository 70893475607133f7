"""Is a host fit to run Scrapyd with our crawls? Whoever reaches a Scrapyd can run code on it."""

import ipaddress
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scrapy.settings import BaseSettings

from carscrape.engine_choice import missing_for
from carscrape.engines.base import engine_names, load_engine
from carscrape.scrapyd_conf import Doors, read_doors
from carscrape.store import Store, StoreError

PLACEHOLDER = "CHANGE-ME"
"""The password in deploy/scrapyd.conf, which nobody may keep."""


def faults(conf: Path | None, is_behind_tls: bool) -> Iterator[str]:
    """What has to be mended before Scrapyd may start, a sentence each.

    Args:
        conf: a configuration of Scrapyd besides those that it reads by itself.
        is_behind_tls: the user says that TLS ends on another host, or outside a container.
    """
    if conf and not conf.is_file():
        yield f"there is no file {conf}"
        return
    try:
        doors = read_doors(conf)
    except ImportError:
        yield "Scrapyd is not installed here: pip install 'scrapyd>=1.6,<1.7'"
    except ValueError as error:
        yield str(error)
    else:
        yield from _of_doors(doors, is_behind_tls)


def _of_doors(doors: Doors, is_behind_tls: bool) -> Iterator[str]:
    address = doors.bind_address
    if not address and doors.unix_socket_path:  # its file's owner and mode decide who may in
        return
    is_open = not _is_loopback(address)
    if not (doors.username and doors.password):
        who = "whoever reaches this host" if is_open else "every page open in a browser here"
        yield (
            f"Scrapyd at {address} takes commands, and so code, from {who}: set username and "
            "password in scrapyd.conf" + (" and bind_address = 127.0.0.1" if is_open else "")
        )
    elif doors.password == PLACEHOLDER:
        yield "the password in scrapyd.conf is the one of the example: choose one"
    if is_open and not is_behind_tls:
        yield (
            f"Scrapyd at {address} would take its password in the clear: set bind_address = "
            "127.0.0.1 with TLS in front, or say --behind-tls if it ends elsewhere"
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def store_faults(store: str, is_set: bool) -> Iterator[str]:
    """Why jobs could not write the store, or would write it where nobody looks.

    Args:
        is_set: whether somebody named the store; else jobs write below Scrapyd's own folder.
    """
    if not is_set:
        yield "no store is named: set CARSCRAPE_STORE to a folder for Scrapyd's user"
        return
    try:
        Store(store).create()
        with tempfile.TemporaryFile(dir=store):
            pass
    except (StoreError, OSError) as error:
        yield (
            str(error)
            if isinstance(error, StoreError)
            else (f"cannot write the store {store}: {error.strerror}")
        )


def notes(settings: BaseSettings) -> Iterator[str]:
    """What some crawls would miss here; each says so itself, too, when it starts."""
    if not settings["CONTACT"]:
        yield "CARSCRAPE_CONTACT is not set: nobody can reach you"
    for engine in map(load_engine, engine_names()):
        missing = "" if engine.is_demo else missing_for(engine, settings)
        if missing:
            yield missing
