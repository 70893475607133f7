"""The whole story of one image, from query to verdict, for people and for programs."""

import json
from dataclasses import asdict

from carscrape.store import Store
from postprocess.why.find import find
from postprocess.why.story import tell_of
from postprocess.why.text import to_text


def told(store: Store, named: str, as_json: bool) -> str:
    """What is known of an image.

    Args:
        named: six or more digits of its sha256, a file that holds it, or one of its URLs, also
            one that never became an image.

    Raises:
        UsageError: the store has no such image, or several.
        StoreError: the store cannot be read.
    """
    story = tell_of(store, find(store, named))
    return json.dumps(asdict(story), indent=1) if as_json else to_text(story)
