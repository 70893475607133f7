"""The spot check: a person looks at a few kept images and then knows how good the labels are.

It tells how many of the kept images' labels are right, and nothing about what was rejected.
"""

from collections.abc import Callable, Sequence

from carscrape.store import Store
from postprocess.review.precision import precision
from postprocess.review.wording import summary

__all__ = ["look", "precision", "summary"]


def look(
    store: Store,
    asked: Sequence[str],
    sample: int,
    seed: int,
    port: int,
    say: Callable[[str], None],
) -> str:
    """Let people look at a sample until Ctrl-C; returns what they found.

    Raises:
        UsageError: no kept image has one of the attributes, or the port cannot be had.
        StoreError: the store cannot be read or written, or has nothing to look at.
    """
    from postprocess.review.server import listen, serve
    from postprocess.review.session import Review

    review = Review(store, asked, sample, seed)
    with listen(port) as listener:
        serve(review, listener, lambda url: say(f"{url}  (Ctrl-C ends; every answer is kept)"))
    return summary(review.precision())
