"""How the image of a sample ends."""

import hashlib
import io

from carscrape.items import ImageResult, Outcome
from carscrape.ledger.takedowns import Takedowns
from carscrape.store import Store
from postprocess.adopt.failures import detail_of, outcome_of
from postprocess.adopt.picture import take
from postprocess.adopt.shards.base import NoPicture, Sample


def end(sample: Sample, item: ImageResult, store: Store, takedowns: Takedowns) -> bool:
    """Store the picture, or say why not; both is written into the item.

    Returns:
        Whether it is stored and is not, or perhaps not, as it was served.
    """
    status = sample.text("status")
    if status not in ("", "success"):
        message = sample.text("error_message")
        item.outcome, item.detail = outcome_of(status, message), detail_of(status, message)
        return False
    if sample.text("sha256") in takedowns.images:  # as it was served
        item.outcome = Outcome.TAKEN_DOWN
        return False
    try:
        content = sample.read()
        remark = _remark(sample, content)
    except NoPicture as missing:
        item.outcome, item.detail = Outcome.TRUNCATED, f"img2dataset: {missing}"
        return False
    take(item, io.BytesIO(content), store, takedowns)
    if item.outcome != Outcome.STORED:
        return False
    item.detail = remark
    return bool(remark)


def _remark(sample: Sample, content: bytes) -> str:
    """What to say of bytes that are not, or perhaps not, as they were served.

    Raises:
        NoPicture: they should be, but are others.
    """
    expected = sample.text("sha256")
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 == expected:
        return ""
    if sample.original is None:  # it is known only where img2dataset decoded the picture
        if not expected:
            return ""
        raise NoPicture(f"sha256 mismatch: it read {expected}, the picture here has {sha256}")
    width, height = sample.original
    how = f"it read {expected}" if expected else "perhaps: it gave no sha256"
    return f"re-encoded by img2dataset ({how}); was {width} x {height}"
