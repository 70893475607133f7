"""What belongs together in a store: copies of one picture, and the pictures of one page."""

from collections.abc import Container

from carscrape.store import Store
from postprocess.verdicts import Verdicts

_STAGE = "dedupe"
_PAGES = """
select image.sha256, result.page_url from image join result on result.image = image.id
where image.outcome = 'stored' and result.page_url is not null
"""


def groups(store: Store, images: Container[bytes]) -> list[list[bytes]]:
    """The copies among these images, two or more of a picture; none where dedupe did not run."""
    found: dict[bytes, list[bytes]] = {}
    verdicts = Verdicts(store)
    for generation in verdicts.current():
        if generation.stage == _STAGE and not generation.skipped:
            table = verdicts.read(_STAGE, generation.key, ["id", "group"])
            for image, group in zip(*(column.to_pylist() for column in table), strict=True):
                if image in images:
                    found.setdefault(group, []).append(image)
    return [copies for copies in found.values() if len(copies) > 1]


def pages(store: Store, images: Container[bytes]) -> list[list[bytes]]:
    """For every page that shows several of these images, which they are.

    Raises:
        StoreError: a ledger cannot be read.
    """
    found: dict[str, set[bytes]] = {}
    for sha256, page in store.rows(_PAGES):
        image = bytes.fromhex(sha256)
        if page and image in images:
            found.setdefault(page, set()).add(image)
    return [sorted(shown) for shown in found.values() if len(shown) > 1]
