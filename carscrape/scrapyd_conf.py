"""What Scrapyd reads of its configuration, and in one line what it cannot read of it."""

import configparser
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scrapy.utils.conf import closest_scrapy_cfg


class Doors(NamedTuple):
    """Where a Scrapyd listens, and whom it asks for what."""

    bind_address: str
    username: str
    password: str
    unix_socket_path: str


def read_doors(conf: Path | None) -> Doors:
    """Read them as Scrapyd does: its environment first, else its files.

    Args:
        conf: a file besides those that it reads by itself.

    Raises:
        ImportError: Scrapyd is not installed.
        ValueError: Scrapyd would not start with what is there; one line that shows no password.
    """
    from scrapyd.config import Config

    try:
        read = Config(extra_sources=[conf] if conf else [])
        return Doors(
            *(os.getenv(f"SCRAPYD_{name.upper()}") or read.get(name, "") for name in Doors._fields)
        )
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ValueError(_what_is_wrong(error, conf)) from None


def _what_is_wrong(error: Exception, conf: Path | None) -> str:
    """One line, without the line of the file: that may be the one with the password."""
    match error:
        case configparser.InterpolationError():
            return f"{error.option} in scrapyd.conf: write each % as %%, or Scrapyd cannot read it"
        case configparser.MissingSectionHeaderError():
            return f"{error.source}, line {error.lineno}: put [scrapyd] on a line before it"
        case configparser.ParsingError():
            lines = ", ".join(str(number) for number, _ in error.errors)
            return f"{error.source}, line {lines}: expected NAME = VALUE"
        case configparser.DuplicateOptionError():
            return (
                f"{error.source}, line {error.lineno}: {error.option} a second time; leave it out"
            )
        case configparser.DuplicateSectionError():
            return (
                f"{error.source}, line {error.lineno}: [{error.section}] a second time; join them"
            )
        case UnicodeDecodeError():
            files = " or ".join(map(str, _undecodable(conf)))
            return f"{files}: not {error.encoding}; save it as that"
    return " ".join(str(error).split())


def _undecodable(conf: Path | None) -> Iterator[Path]:
    """The files that cannot be read as text, of those where Scrapyd looks."""
    own = Path("/etc/scrapyd")
    more = [Path(each) for each in (closest_scrapy_cfg(), conf) if each]
    usual = [Path("scrapyd.conf"), Path(os.path.expanduser("~/.scrapyd.conf"))]
    for path in [own / "scrapyd.conf", *sorted(own.glob("conf.d/*")), *usual, *more]:
        try:
            path.read_text()
        except UnicodeDecodeError:
            yield path
        except OSError:  # Scrapyd passes these over
            continue
