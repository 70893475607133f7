"""Image files that are complete under their name or not there at all."""

import os
from contextlib import suppress
from io import BytesIO
from typing import Any

from scrapy.pipelines.files import FSFilesStore


class StoreWriteError(Exception):
    """An image could not be written; the text names the file."""


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
        """Write aside, then rename: the name appears with the last byte.

        Raises:
            StoreWriteError: the file cannot be written; nothing is left of it.
        """
        final = f"{self.basedir}/{path}"
        content = memoryview(buf.getvalue())  # a view of the body; getbuffer would copy it
        # A ledger has one writer; what a kill leaves is overwritten when the image comes again.
        part = f"{final}.{info.spider.arguments.ledger_name}.part"
        try:
            try:
                _write(part, content)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(part), exist_ok=True)
                _write(part, content)
            os.rename(part, final)
        except OSError as error:
            with suppress(OSError):
                os.unlink(part)
            raise StoreWriteError(f"cannot write {final}: {error.strerror}") from error


def _write(path: str, content: memoryview) -> None:
    # os.open and friends: this runs once per image, and pathlib costs a tenth of an image.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)
