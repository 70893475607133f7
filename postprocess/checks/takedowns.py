"""What was taken down: nothing of it is there, or there again."""

from collections.abc import Iterator

from carscrape.ledger.takedowns import read_takedowns
from carscrape.store import Store, StoreError
from postprocess.look_alikes import signatures_path
from postprocess.takedown.found import find, rejected_as_alike
from postprocess.takedown.removal import files_of, parts_with


def undone(store: Store) -> Iterator[str]:
    """Everything that a takedown named and that a store holds."""
    try:
        takedowns = read_takedowns(store)
        if not takedowns and not signatures_path(store).exists():
            return
        counts = {
            "URLs": len(find(store, takedowns).urls),
            "files": sum(1 for _ in files_of(store.images_dir, takedowns.images)),
            "verdicts": sum(rows for _, rows in parts_with(store, takedowns.images)),
            "look-alikes": len(rejected_as_alike(store)),
        }
    except StoreError as error:
        yield str(error)
        return
    there = ", ".join(f"{what}: {number:,}" for what, number in counts.items() if number)
    if there:
        yield (
            f"{store.root} holds what was taken down ({there}): remove it with "
            f"python -m postprocess takedown {store.root}"
        )
