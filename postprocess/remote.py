"""A store at a URL: its images stay there, and what is said of them goes there.

Needs carscrape/requirements-remote.txt, so that only who names a URL imports it.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from carscrape.remote.fetching import fetch
from carscrape.remote.objects import Objects, RemoteError
from carscrape.store import Store, WriteError
from postprocess.stage import Image, Unread

_THREADS = 8
_AHEAD = 32  # images


class RemoteStore(Store):
    """A folder with all of a store but its images, which sends what is written into it."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(folder)
        self.url = url
        self._objects = Objects(url)

    def written(self, path: Path) -> None:
        """Send a file.

        Raises:
            WriteError: it cannot be sent.
        """
        try:
            self._objects.put(path, path.relative_to(self.root).as_posix())
        except RemoteError as error:
            raise WriteError(str(error)) from error


@contextmanager
def brought(url: str) -> Iterator[RemoteStore]:
    """The store at a URL, as long as the block lasts.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    with TemporaryDirectory(prefix="carscrape-") as folder:
        store = RemoteStore(url, Path(folder))
        fetch(url, store, images=False)
        yield store


@dataclass(frozen=True, slots=True)
class _Brought(Image):
    content: bytes | None  # None: there is no such object

    def content_at_hand(self) -> bytes:
        if self.content is None:
            raise Unread(f"{self.path} is missing")
        return self.content


class RemoteImages:
    """The images of a store at a URL."""

    def __init__(self, url: str) -> None:
        self._objects = Objects(url)
        self._threads = ThreadPoolExecutor(_THREADS)

    def brought(self, images: Iterable[Image]) -> Iterator[Image]:
        """The images, which lie at paths below the URL, with their bytes, some read ahead.

        Raises:
            RemoteError: the store cannot be reached.
        """
        waiting: deque[tuple[Image, Future[bytes | None]]] = deque()
        for image in images:
            waiting.append((image, self._threads.submit(self._objects.read, image.path.as_posix())))
            if len(waiting) > _AHEAD:
                yield _brought(*waiting.popleft())
        while waiting:
            yield _brought(*waiting.popleft())


def _brought(image: Image, content: Future[bytes | None]) -> Image:
    return _Brought(image.id, image.path, content.result())
