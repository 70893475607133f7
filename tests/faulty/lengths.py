"""`lengths=FILE`: write as JSON how much the process held when the crawl was through.

`entries`: of every dict, list, set and deque of the process, whosever it is. `pages`: the most
that Scrapy's scraper had at a time.
"""

import gc
import json
from collections import deque
from pathlib import Path
from typing import Any

from scrapy.core.scraper import Slot

from carscrape.spiders.image_search import ImageSearch


def install(argument: str) -> None:
    settle, add = ImageSearch.settle, Slot.add_response_request
    pages = [0]

    def settle_and_tell(spider: ImageSearch) -> None:
        settle(spider)
        Path(argument).write_text(json.dumps({"entries": _entries(), "pages": pages[0]}))

    def add_and_count(slot: Slot, *response: Any) -> Any:
        added = add(slot, *response)
        pages[0] = max(pages[0], len(slot.queue) + len(slot.active))
        return added

    ImageSearch.settle = settle_and_tell
    Slot.add_response_request = add_and_count


def _entries() -> int:
    gc.unfreeze()
    gc.collect()
    return sum(
        len(held) for held in gc.get_objects() if isinstance(held, dict | list | set | deque)
    )
