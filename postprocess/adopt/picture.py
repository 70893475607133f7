"""One picture on its way into a store."""

import hashlib
import time
from typing import BinaryIO

from carscrape.items import ImageResult, Outcome
from carscrape.ledger.takedowns import Takedowns
from carscrape.store import Store
from postprocess.adopt.image_file import Unfit, read_header
from postprocess.writing import write_aside


def take(item: ImageResult, file: BinaryIO, store: Store, takedowns: Takedowns) -> None:
    """Copy the picture into the store, and write into its item how that ended.

    Raises:
        OSError: the file cannot be read.
        WriteError: the store cannot be written.
    """
    item.fetched_at = time.time()
    try:
        header = read_header(file)
    except Unfit as unfit:
        item.outcome, item.detail = unfit.outcome, unfit.detail
        return
    file.seek(0)
    content = file.read()
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 in takedowns.images:
        item.outcome = Outcome.TAKEN_DOWN
        return
    item.outcome, item.bytes, item.sha256 = Outcome.STORED, len(content), sha256
    item.type, item.width, item.height = header.type, header.width, header.height
    write_aside(store.image_path(sha256, header.type), content)
