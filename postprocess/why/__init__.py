"""The whole story of one image, from query to verdict, for people and for programs."""

from carscrape.store import Store
from postprocess.why.find import find
from postprocess.why.story import Story, tell_of

__all__ = ["Story", "why"]


def why(store: Store, named: str) -> Story:
    """What is known of an image.

    Args:
        named: six or more digits of its sha256, a file that holds it, or one of its URLs, also
            one that never became an image.

    Raises:
        UsageError: the store has no such image, or several.
        StoreError: the store cannot be read.
    """
    return tell_of(store, find(store, named))
