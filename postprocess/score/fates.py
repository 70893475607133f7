"""Where images end: never found, lost in the download, rejected by a stage, or kept."""

from collections import Counter
from collections.abc import Mapping

from carscrape.store import Store
from postprocess.score.truth import Truth
from postprocess.verdicts import Verdicts, image_ids

NEVER_FOUND, DOWNLOAD, NOT_JUDGED, KEPT = "never found", "download", "not judged", "kept"


def good_originals(
    store: Store, known: Mapping[str, Truth], images: Mapping[str, str]
) -> Counter[str]:
    """Where the good originals of the truth ended; one that has copies, where the best of them did.

    Args:
        images: URL of the ledger -> sha256 of what it served, "" where nothing was stored.

    Returns:
        Place -> originals, from the first place to the last; empty places are left out.
    """
    places, fates = _fates(store)
    best: dict[str, int] = {}
    for url, truth in known.items():
        if truth.good:
            image = images.get(url)
            place = NEVER_FOUND if image is None else fates[image] if image else DOWNLOAD
            original = truth.original or image or url
            best[original] = max(best.get(original, 0), places.index(place))
    ended = Counter(places[index] for index in best.values())
    return Counter({place: ended[place] for place in places if ended[place]})


def _fates(store: Store) -> tuple[list[str], dict[str, str]]:
    """Every place in order, and the one where each stored image (sha256) ended."""
    verdicts = Verdicts(store)
    ids = image_ids(store)
    fates = {image.hex(): NOT_JUDGED for image in ids.to_pylist()}
    stages = []
    for step in verdicts.walk(ids, verdicts.current()):
        stages.append(step.stage)
        fates.update((image.hex(), step.stage) for image in step.rejected["id"].to_pylist())
        ids = step.kept
    fates.update((image.hex(), KEPT) for image in ids.to_pylist())
    return [NEVER_FOUND, DOWNLOAD, NOT_JUDGED, *stages, KEPT], fates
