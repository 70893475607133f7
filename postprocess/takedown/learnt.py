"""Judges that learnt from what is taken down: their weights cannot forget it."""

from collections.abc import Iterator, Set

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carscrape.store import Store
from postprocess.models.judges import FACTS, read_judge
from postprocess.usage import UsageError


def learnt_from(store: Store, images: Set[str]) -> Iterator[str]:
    """A line for each of the store's judges that has to be trained again.

    Args:
        images: sha256 (hex) of what is taken down.
    """
    taken = pa.array([bytes.fromhex(image) for image in images], pa.binary(32))
    for path in sorted(store.judges_dir.glob(f"*/{FACTS}")):
        try:
            judge = read_judge(path.parent)
            ids = pq.read_table(judge.opinions, columns=["id"])["id"]
        except (UsageError, pa.ArrowException) as error:
            yield f"{path.parent} may have learnt from it and cannot be read: {error}"
            continue
        if number := pc.sum(pc.is_in(ids, value_set=taken)).as_py():
            yield (
                f"{path.parent} learnt from {number} of these images, train it again: python -m "
                f"postprocess train {store.root} --target {judge.target.name}"
            )
