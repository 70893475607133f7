"""One line per event of a log, whatever strangers wrote into a URL, a title or a page."""

import json
import logging
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """Writes a record as JSON, one object a line, for programs that collect logs: LOG_JSON=True.

    Time (UTC), level, logger, message, and the trace if any. What a caller gave as
    `extra={"fields": {...}}` is written beside them, and in their place.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["trace"] = record.exc_text
        return json.dumps({**line, **getattr(record, "fields", {})}, default=str)


def one_line(text: str) -> str:
    """The text with every character escaped that is not printable, or would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def message_of(record: logging.LogRecord) -> str:
    """What a record says, its arguments put in."""
    try:
        return record.getMessage()
    except Exception:  # a wrong call of a logger, which would print its arguments as they are
        return f"{record.msg} {record.args}"


class OneLine(logging.Filter):
    """Escapes what log records say, whoever writes them; a traceback keeps its lines."""

    def __init__(self, tables: str) -> None:
        """Let the logger of this name write several lines."""
        super().__init__()
        self._tables = tables

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is always logged."""
        if record.name != self._tables:
            record.msg, record.args = one_line(message_of(record)), None
        return True
