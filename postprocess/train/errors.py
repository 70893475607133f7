"""What training cannot be done with."""

from carscrape.store import StoreError


class TrainError(StoreError):
    """No judge can be made of this store; the text says why and what to do."""
