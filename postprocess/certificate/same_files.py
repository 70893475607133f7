"""The same file, or the same image, in two splits."""

import hashlib


class SameFiles:
    """Is told of one image after the other, and notes which an earlier one of another split is."""

    def __init__(self) -> None:
        self.leaks: set[tuple[str, str]] = set()
        self._first: dict[bytes, tuple[str, str]] = {}  # digest -> split and id

    def add(self, split: str, id_: str, content: bytes) -> None:
        """Compare an image with all before.

        Args:
            id_: sha256 of the bytes that were served, hex; metadata may be gone since.
        """
        for digest in {hashlib.sha256(content).digest(), bytes.fromhex(id_)}:
            other_split, other = self._first.setdefault(digest, (split, id_))
            if other_split != split:
                self.leaks.add((other, id_))
