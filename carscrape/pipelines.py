"""The images pipeline: downloads an image, decides what it is, keeps its bytes as served."""

import asyncio
import errno
import gc
import hashlib
import logging
import os
import time
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.pipelines.images import ImagesPipeline
from twisted.python.failure import Failure

from carscrape.formats.walk import Limits, Unfit
from carscrape.items import ImageResult, Outcome
from carscrape.ledger import Ledger
from carscrape.ledger.takedowns import stand_in
from carscrape.manners import opted_out, retry_after
from carscrape.mime import read_header
from carscrape.outcomes import NETWORK_ERRORS, outcome_of_error, outcome_of_status
from carscrape.spider import LedgerSpider
from carscrape.stopping import STORE_UNWRITABLE, abandon
from carscrape.store import EXTENSIONS, Store
from carscrape.whole_files import StoreWriteError, WholeFiles

logger = logging.getLogger(__name__)


def _too_many_files(error: BaseException) -> bool:
    """Whether a failure is ours for want of file handles, and says nothing of the host."""
    number = getattr(error, "errno", None) or getattr(error, "osError", None)
    return number in (errno.EMFILE, errno.ENFILE)


class Images(ImagesPipeline):
    """Gives every image exactly one outcome; what hosts and networks do never raises."""

    STORE_SCHEMES: ClassVar[dict[str, Any]] = {
        **ImagesPipeline.STORE_SCHEMES,
        "": WholeFiles,
        "file": WholeFiles,
    }

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        cls._update_stores(crawler.settings)
        # Not IMAGES_STORE: computed in settings.py it would miss -s STORE=DIR.
        store = Store(crawler.settings["STORE"])
        pipeline = cls(os.path.abspath(store.images_dir), crawler=crawler)
        names = ("IMAGE_MAX_PIXELS", "IMAGE_MAX_FRAMES", "IMAGE_MAX_METADATA")
        pipeline.limits = Limits(*(crawler.settings.getint(name) for name in names))
        return pipeline

    limits: Limits

    @property
    def _ledger(self) -> Ledger:
        assert isinstance(self.crawler.spider, LedgerSpider)
        return self.crawler.spider.ledger

    def open_spider(self) -> None:  # type: ignore[override]
        super().open_spider()
        gc.freeze()  # what is loaded stays: no need to search it for garbage again and again
        gc.set_threshold(20_000, 20, 50)  # a download makes objects, not cycles: a fifth less CPU
        self._open: set[asyncio.Future[Any]] = set()
        self.crawler.signals.connect(self.abandon, signal=abandon)

    async def process_item(self, item: Any) -> Any:  # type: ignore[override]
        """Download an image; if it is abandoned, it comes back without an outcome."""
        if not isinstance(item, ImageResult):
            return item
        download = asyncio.ensure_future(self._download(item))
        self._open.add(download)
        try:
            with suppress(asyncio.CancelledError):
                await download
        finally:
            self._open.discard(download)
            self.item_completed([], item, self.spiderinfo)
        if item.outcome == Outcome.TAKEN_DOWN:  # for whoever exports the items
            return replace(item, url=stand_in(item.url), host="", hops=())
        return item

    async def _download(self, item: ImageResult) -> None:
        """Ask for an image. Scrapy's own way remembers every URL; the ledger asks each once."""
        meta = {"item": item, "handle_httpstatus_list": self.handle_httpstatus_list}
        try:
            request = Request(item.url, callback=NO_CALLBACK, meta=meta)
        except ValueError as error:
            item.outcome, item.detail = Outcome.SCHEME, str(error)
            return
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
            await self.media_downloaded(response, request, self.spiderinfo, item=item)
        except Exception as error:
            failure = Failure(error)  # type: ignore[no-untyped-call]
            self.media_failed(failure, request, self.spiderinfo)

    def abandon(self) -> None:
        """Break off every download in flight."""
        for download in self._open:
            download.cancel()

    async def media_downloaded(  # type: ignore[override]
        self, response: Response, request: Request, info: Any, *, item: ImageResult
    ) -> dict[str, Any]:
        """Judge an answer, and keep its body if it is an image."""
        item.fetched_at = time.time()
        item.retry_after = retry_after(response.headers, item.fetched_at)
        claimed = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        item.claimed_type = claimed.partition(";")[0].strip().lower() or None
        objection = opted_out(response.headers)
        item.outcome = outcome_of_status(response.status, response.headers)
        if item.outcome is not None:
            item.detail = f"status {response.status}"
        elif objection:
            item.outcome, item.detail = Outcome.OPTED_OUT, objection
        else:
            self._keep(item, response.body, info)
        return {}

    def _keep(self, item: ImageResult, body: bytes, info: Any) -> None:
        try:
            header = read_header(body, self.limits)
        except Unfit as error:
            item.outcome, item.detail = error.outcome, error.detail
            return
        digest = hashlib.sha256(body).hexdigest()
        if digest in self._ledger.takedowns.images:
            item.outcome = Outcome.TAKEN_DOWN
            return
        path = f"{digest[:2]}/{digest}.{EXTENSIONS[header.type]}"
        self.store.persist_file(path, BytesIO(body), info)
        item.outcome, item.sha256, item.bytes = Outcome.STORED, digest, len(body)
        item.type, item.width, item.height = header.type, header.width, header.height

    def media_failed(self, failure: Failure, request: Request, info: Any) -> Any:
        """Turn a failed download into an outcome; returning None keeps Scrapy from logging it."""
        item: ImageResult = request.meta["item"]
        error = failure.value
        assert error is not None
        spider = self.crawler.spider
        assert isinstance(spider, LedgerSpider)
        if isinstance(error, StoreWriteError):
            spider.stop.now(STORE_UNWRITABLE, str(error))
        elif _too_many_files(error):
            spider.stop.now("too_many_files", "too many open files: raise the limit, see ulimit -n")
        else:
            item.outcome = outcome_of_error(error)
            item.detail = (str(error) or type(error).__name__)[:300]
            item.fetched_at = time.time()
            item.retry_after = getattr(error, "retry_after", None)
            if not isinstance(error, NETWORK_ERRORS):
                # Mostly a body or URL no library can read; should it be a bug, here is its trace.
                logger.debug("odd answer from %s", item.url, exc_info=error)

    def item_completed(self, results: Any, item: Any, info: Any) -> Any:
        """Hand the ended image to the spider, the one place that writes its row."""
        if isinstance(item, ImageResult):
            self.crawler.spider.ended(item)  # type: ignore[union-attr]
        return item
