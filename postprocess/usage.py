"""What a command line can ask for in vain."""

from carscrape.store import StoreError


class UsageError(StoreError):
    """A command line that cannot be followed; the text says what to change."""
