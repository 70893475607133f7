"""Which images a person looks at: so many of each label, by lot, in mixed order.

The lot of an image is a hash of the seed and its id. So the same store and seed give the same
sample, a larger sample holds the smaller one, and a store that grows changes little of it.
"""

import hashlib
import heapq
from collections.abc import Iterable, Mapping, Sequence

AT_LEAST = 3
"""Images of each label, before the larger ones get more; fewer where the sample is too small."""


def quotas(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """How many images of each label are looked at.

    Each gets `AT_LEAST`, as far as `total` goes (in rounds, the largest label first) and as it has
    images; what is left goes out in proportion to the sizes (highest averages, Sainte-Laguë).

    Args:
        sizes: images per label.

    Returns:
        A number per label, at most its size, that sum to `total` or to all images.
    """
    given = dict.fromkeys(sizes, 0)
    waiting = [_turn(label, 0, size) for label, size in sizes.items() if size]
    heapq.heapify(waiting)
    for _ in range(min(total, sum(sizes.values()))):
        label = heapq.heappop(waiting)[-1]
        given[label] += 1
        if given[label] < sizes[label]:
            heapq.heappush(waiting, _turn(label, given[label], sizes[label]))
    return given


def _turn(label: str, given: int, size: int) -> tuple[int, float, str]:
    """Whose turn is next: the smallest."""
    if given < AT_LEAST:
        return given, -size, label
    return AT_LEAST, -size / (2 * given + 1), label


def draw(labels: Mapping[str, Sequence[str]], total: int, seed: int) -> list[str]:
    """Draw a sample, in the order it is shown in.

    Args:
        labels: label -> its images.
    """
    sizes = {label: len(images) for label, images in labels.items()}
    drawn = [
        image
        for label, number in quotas(sizes, total).items()
        for image in by_lot(labels[label], seed)[:number]
    ]
    return sorted(drawn, key=lambda image: _lot(image, f"{seed} order"))


def by_lot(images: Iterable[str], seed: int) -> list[str]:
    """The images of a label in the order in which they are drawn."""
    return sorted(images, key=lambda image: _lot(image, str(seed)))


def _lot(image: str, seed: str) -> bytes:
    return hashlib.sha256(f"{seed} {image}".encode()).digest()
