"""Objects under one URL: whole or absent, whatever kind of store keeps them."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from carscrape.remote.urls import check_url
from carscrape.store import StoreError


class RemoteError(StoreError):
    """A remote store that cannot be used; the text is for people."""


class _IfThere(suppress):
    """Passes over what is not there, unless it is the whole bucket."""

    def __init__(self) -> None:
        super().__init__(FileNotFoundError)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        answer = getattr(error and error.__cause__, "response", {})  # of botocore
        is_bucket = answer.get("Error", {}).get("Code") == "NoSuchBucket"
        return super().__exit__(kind, error, trace) and not is_bucket


class Objects:
    """The objects of a remote store, by their names below its URL. May be used by many threads."""

    def __init__(self, url: str) -> None:
        """Reach the store.

        Raises:
            UrlError: it is no URL, or one with a password.
            RemoteError: fsspec knows no such store, or lacks a package or a credential for it.
        """
        check_url(url)
        self.url = url.rstrip("/")
        with self._told():
            self._fs, self._root = url_to_fs(self.url, use_listings_cache=False)
        self._is_folder = isinstance(self._fs, LocalFileSystem)

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Say in one line what went wrong; each kind of store raises errors of its own."""
        try:
            yield
        except Exception as error:
            why = " ".join(f"{name} {str(error) or type(error).__name__}".split())
            raise RemoteError(f"cannot use the remote store {self.url}: {why}") from error

    def names(self, folder: str) -> list[str]:
        """The names of what lies in a folder; [] if there is no such folder."""
        with self._told():
            with _IfThere():
                paths = self._fs.ls(f"{self._root}/{folder}", detail=False)
                names = sorted(path.rstrip("/").rpartition("/")[2] for path in paths)
                return [name for name in names if name and not name.endswith(".part")]
            return []

    def below(self, folder: str) -> list[str]:
        """The names of all that lies in a folder and its sub-folders; [] if there is none."""
        with self._told():
            with _IfThere():
                paths = self._fs.find(f"{self._root}/{folder}")
                names = sorted(path.removeprefix(f"{self._root}/") for path in paths)
                return [name for name in names if not name.endswith(".part")]
            return []

    def has(self, name: str) -> bool:
        """Whether an object is there."""
        with self._told():
            return bool(self._fs.exists(f"{self._root}/{name}"))

    def read(self, name: str) -> bytes | None:
        """The content of an object; None if it is not there."""
        with self._told():
            with _IfThere():
                return bytes(self._fs.cat_file(f"{self._root}/{name}"))
            return None

    def get(self, name: str, path: Path) -> None:
        """Bring an object into a file, which is whole or absent.

        Raises:
            OSError: the file cannot be written.
        """
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._told(f"{name}:"):
                self._fs.get_file(f"{self._root}/{name}", str(part))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def put(self, path: Path, name: str) -> None:
        """Bring a file into an object."""
        with self._told():
            if self._is_folder:
                with self._part(name) as part:
                    self._fs.put_file(str(path), str(part))
                    part.replace(f"{self._root}/{name}")
            else:
                self._fs.put_file(str(path), f"{self._root}/{name}")

    def write(self, name: str, content: bytes) -> None:
        """Make or replace an object."""
        with self._told():
            if self._is_folder:
                with self._part(name) as part:
                    part.write_bytes(content)
                    part.replace(f"{self._root}/{name}")
            else:
                self._fs.pipe_file(f"{self._root}/{name}", content)

    def create(self, name: str, content: bytes) -> bool:
        """Make an object unless it is there; of two who try at once, one has True."""
        with self._told():
            with suppress(FileExistsError):
                if self._is_folder:
                    with self._part(name) as part:
                        part.write_bytes(content)
                        os.link(part, f"{self._root}/{name}")
                else:
                    self._fs.pipe_file(f"{self._root}/{name}", content, mode="create")
                return True
            return False

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._told(), _IfThere():
            self._fs.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _part(self, name: str) -> Iterator[Path]:
        """A file beside the one of this name: in a folder, half an object could be read."""
        final = Path(self._root, name)
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f"{final.name}.{uuid.uuid4().hex}.part")
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)
