"""The images pipeline: downloads an image, decides what it is, keeps its bytes as served."""

import asyncio
import errno
import hashlib
import logging
import os
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.pipelines.files import FSFilesStore
from scrapy.pipelines.images import ImagesPipeline
from twisted.python.failure import Failure

from carscrape.items import ImageResult, Outcome
from carscrape.manners import (
    NETWORK_ERRORS,
    opted_out,
    outcome_of_error,
    outcome_of_status,
    retry_after,
)
from carscrape.mime import Unfit, read_header, use_own_limits
from carscrape.store import EXTENSIONS, Store

logger = logging.getLogger(__name__)


class WholeFiles(FSFilesStore):
    """A folder in which a file is complete or absent, whenever the process dies."""

    def persist_file(
        self,
        path: str | os.PathLike[str],
        buf: BytesIO,
        info: Any,
        meta: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Write aside, then rename: the name appears with the last byte."""
        final = f"{self.basedir}/{path}"
        part = f"{final}.{os.getpid()}.part"
        try:
            _write(part, buf.getbuffer())
        except FileNotFoundError:
            Path(part).parent.mkdir(parents=True, exist_ok=True)
            _write(part, buf.getbuffer())
        except OSError:
            with suppress(OSError):
                os.unlink(part)
            raise
        os.rename(part, final)


def _write(path: str, content: memoryview) -> None:
    # os.open and friends: this runs once per image, and pathlib costs a tenth of an image.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)


class _Forgets(dict[bytes, Any]):
    """A cache that keeps nothing: the ledger asks each URL once, and memory stays flat."""

    def __setitem__(self, key: bytes, value: Any) -> None:
        """Forget it."""


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
        use_own_limits()
        pipeline.max_pixels = crawler.settings.getint("IMAGE_MAX_PIXELS")
        return pipeline

    max_pixels: int

    def open_spider(self) -> None:  # type: ignore[override]
        super().open_spider()
        self.spiderinfo.downloaded = _Forgets()

    def get_media_requests(self, item: Any, info: Any) -> list[Request]:
        if not isinstance(item, ImageResult):
            return []
        try:
            return [Request(item.url, meta={"item": item})]
        except ValueError as error:
            item.outcome, item.detail = Outcome.SCHEME, str(error)
            return []

    def media_to_download(self, request: Request, info: Any, *, item: Any = None) -> None:
        """Always download: a name is known only from the bytes."""

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
            header = read_header(body, self.max_pixels)
        except Unfit as error:
            item.outcome, item.detail = error.outcome, error.detail
            return
        digest = hashlib.sha256(body).hexdigest()
        path = f"{digest[:2]}/{digest}.{EXTENSIONS[header.type]}"
        self.store.persist_file(path, BytesIO(body), info)
        item.outcome, item.sha256, item.bytes = Outcome.STORED, digest, len(body)
        item.type, item.width, item.height = header.type, header.width, header.height

    def media_failed(self, failure: Failure, request: Request, info: Any) -> Any:
        """Turn a failed download into an outcome; returning None keeps Scrapy from logging it."""
        item: ImageResult = request.meta["item"]
        error = failure.value
        if isinstance(error, asyncio.CancelledError):
            return
        if isinstance(error, NETWORK_ERRORS):
            item.outcome = outcome_of_error(error)
            item.detail = str(error)[:300] or type(error).__name__
            item.fetched_at = time.time()
        elif isinstance(error, OSError):
            self._stop(error)
        else:
            logger.error("bug at %s", item.url, exc_info=error)
            self._close("error")

    def _stop(self, error: OSError) -> None:
        """Stop the crawl: the store cannot be written, and every further image would be lost."""
        reason = errno.errorcode.get(error.errno or 0, "")
        logger.error("cannot write %s: %s (%s)", error.filename, error.strerror, reason)
        self._close("store_unwritable")

    def _close(self, reason: str) -> None:
        engine = self.crawler.engine
        assert engine
        asyncio.ensure_future(engine.close_spider_async(reason=reason))  # noqa: RUF006

    def item_completed(self, results: Any, item: Any, info: Any) -> Any:
        """Hand the ended image to the spider, the one place that writes its row."""
        if isinstance(item, ImageResult):
            self.crawler.spider.ended(item)  # type: ignore[union-attr]
        return item
