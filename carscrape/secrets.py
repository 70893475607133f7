"""The keys of engines: read from the environment alone, and blotted out of all that is kept.

Standard library only.
"""

import logging
import os
from urllib.parse import quote, quote_plus

from carscrape.log_lines import message_of

_SHORTEST = 6  # characters; blotting out a shorter word would blot out other words
BLOT = "[key]"

_known: set[str] = set()


def read_key(variable: str) -> str:
    """The value of an environment variable, "" if it is not set; never shown from now on."""
    key = os.environ.get(variable, "").strip()
    if len(key) >= _SHORTEST and is_sendable(key):
        _known.update({key, quote(key, safe=""), quote_plus(key)})
    return key


def is_sendable(key: str) -> bool:
    """Whether a key can stand in a request: what else was pasted with it would break one."""
    return key.isascii() and key.isprintable()


def without_keys(text: str) -> str:
    """The text with every key that was read blotted out."""
    for key in sorted(_known, key=len, reverse=True):
        text = text.replace(key, BLOT)
    return text


def bytes_without_keys(content: bytes) -> bytes:
    """The same for what a server sent."""
    for key in sorted(_known, key=len, reverse=True):
        content = content.replace(key.encode(), BLOT.encode())
    return content


class WithoutKeys(logging.Filter):
    """Blots keys out of log records, whoever writes them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always logged."""
        if _known:
            record.msg, record.args = without_keys(message_of(record)), None
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = without_keys(record.exc_text)
        return True
