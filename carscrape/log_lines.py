"""Log records as JSON, one object a line, for programs that collect logs. LOG_JSON=True."""

import json
import logging
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    """Writes a record as one line: time (UTC), level, logger, message, and the trace if any.

    What a caller gave as `extra={"fields": {...}}` is written beside them, and in their place.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["trace"] = record.exc_text
        return json.dumps({**line, **getattr(record, "fields", {})}, default=str)
