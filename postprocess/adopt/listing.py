"""What lies in an existing folder of pictures; nothing is opened, no link is followed."""

import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_SCHEME = "adopt:///"


@dataclass
class Listing:
    """The files of a folder by label, in the order of their paths, and what was passed over."""

    folder: Path
    files: dict[str, list[Path]] = field(default_factory=dict)  # label -> paths below the folder
    hidden: int = 0  # files and folders whose name begins with a dot
    links: int = 0
    unreadable: list[str] = field(default_factory=list)  # each with the reason

    def __str__(self) -> str:
        """What was passed over, for people; "" if nothing was."""
        parts = [f"{self.hidden:,} hidden"] if self.hidden else []
        parts += [f"{self.links:,} links"] if self.links else []
        if self.unreadable:
            parts.append(f"{len(self.unreadable):,} unreadable (first: {self.unreadable[0]})")
        return ", ".join(parts)


def list_folder(folder: Path, is_other: Callable[[Path], bool]) -> Listing:
    """Every file of a folder by label, but what is another source's."""
    listing = Listing(folder)
    for path in _walk(listing, is_other):
        listing.files.setdefault(label_of(folder, path), []).append(path.relative_to(folder))
    return listing


def label_of(folder: Path, path: Path) -> str:
    """The label of what lies in a folder: the sub-folder at the top, else the folder's name."""
    parts = path.relative_to(folder).parts
    return _text(parts[0] if len(parts) > 1 else folder.resolve().name)


def url_of(path: Path) -> str:
    """The URL of a file, from its path below the adopted folder."""
    return _SCHEME + quote(os.fsencode(path.as_posix()))


def path_of(url: str) -> Path:
    """The path below the adopted folder, from the URL."""
    return Path(os.fsdecode(unquote_to_bytes(url.removeprefix(_SCHEME))))


def _walk(listing: Listing, is_other: Callable[[Path], bool]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        listing.unreadable.append(f"{error.filename}: {error.strerror}")

    for root, folders, files in os.walk(listing.folder, onerror=refused):
        seen = [Path(root, name) for name in sorted(files) + sorted(folders)]
        rest = (path for path in seen if not is_other(path))
        plain = [path for path in rest if not _passed_over(listing, path)]
        folders[:] = [path.name for path in plain if path.is_dir()]
        yield from (path for path in plain if path.is_file())


def _passed_over(listing: Listing, path: Path) -> bool:
    """Count a file or folder that is not adopted."""
    if path.is_symlink():
        listing.links += 1
    elif path.name.startswith("."):
        listing.hidden += 1
    elif not path.is_dir() and not (path.is_file() and os.access(path, os.R_OK)):
        listing.unreadable.append(f"{path}: may not be read")
    else:
        return False
    return True


def _text(name: str) -> str:
    """A file name as text: one of equal-looking forms, and no bytes that are no UTF-8."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
