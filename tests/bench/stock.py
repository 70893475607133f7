"""What a tutorial shows, `python -m tests.bench.stock URLS FOLDER`: Scrapy's pipeline over a list.

A script and not `scrapy runspider`, which would read our own settings.
"""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from tests.bench.downloaders import POLITENESS


class Stock(Spider):
    """Yields an item per line of the file `urls`."""

    name = "stock"
    urls: Path

    async def start(self) -> AsyncIterator[Request]:
        with self.urls.open() as urls:
            yield Request(urls.readline().partition("/img/")[0])

    def parse(self, response: Response) -> Iterator[dict[str, Any]]:
        # From a callback, not from start(): there, nothing would bound what is open.
        with self.urls.open() as urls:
            for url in urls:
                yield {"image_urls": [url.strip()]}


if __name__ == "__main__":
    settings = {
        **dict(setting.split("=") for setting in POLITENESS),
        "ITEM_PIPELINES": {"scrapy.pipelines.images.ImagesPipeline": 1},
        "IMAGES_STORE": sys.argv[2],
        "LOG_LEVEL": "WARNING",  # as ours: the default, DEBUG, writes every item into the log
        "TELNETCONSOLE_ENABLED": False,
    }
    process = AsyncCrawlerProcess(settings)
    process.crawl(Stock, urls=Path(sys.argv[1]))
    process.start()
