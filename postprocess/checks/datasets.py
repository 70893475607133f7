"""The datasets that were exported: every file there, and no other."""

from collections.abc import Iterator

from carscrape.store import Store, StoreError
from postprocess.dataset import claim, register, sums


def exported(store: Store) -> Iterator[str]:
    """Files of datasets that are missing or changed; reads them all.

    A dataset that was moved away is not looked for.
    """
    try:
        known = register.read(store)
    except StoreError as error:
        yield str(error)
        return
    for folder, format_ in known.items():
        try:
            wrong = list(sums.wrong(folder)) if claim.is_ours(store, folder) else []
        except (OSError, ValueError) as error:
            wrong = [f"{folder} is not whole ({error})"]
        for what in wrong:
            yield (
                f"{what}: make the dataset anew (python -m postprocess export {store.root} "
                f"--format {format_} --to {folder})"
            )
