"""`received=FILE`: at its end, write how many bytes of a body each URL's request was handed."""

import atexit
import json
from collections import Counter
from pathlib import Path

from scrapy.core.downloader.handlers.http11 import _ResponseReader


def install(argument: str) -> None:
    received: Counter[str] = Counter()
    real = _ResponseReader.dataReceived

    def count(self: _ResponseReader, data: bytes) -> None:
        if not self._finished.called:
            received[self._request.url] += len(data)
        real(self, data)

    _ResponseReader.dataReceived = count  # type: ignore[method-assign]
    atexit.register(lambda: Path(argument).write_text(json.dumps(received)))
