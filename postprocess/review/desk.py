"""Who looks at which picture, so that two browsers share the work."""

from collections.abc import Container, Iterable

AHEAD = 4  # pictures that a browser holds: the one it shows, and those it loads meanwhile
LEASE = 60.0  # seconds that a browser may say nothing before others get its pictures


class Desk:
    """The sample in its order, and which browser holds what of it."""

    def __init__(self, order: Iterable[str]) -> None:
        self._order = list(order)
        self._held: dict[str, tuple[str, float]] = {}  # image -> browser, until when

    def __len__(self) -> int:
        return len(self._order)

    def left(self, done: Container[str]) -> list[str]:
        """The images that nobody has answered, whoever holds them."""
        return [image for image in self._order if image not in done]

    def hand_out(self, client: str, done: Container[str], now: float) -> list[str]:
        """The next images for one browser, the one to show first; those it has stay its own.

        Args:
            done: images that are answered.
            now: seconds, of a clock that only goes forward.
        """
        left = self.left(done)
        own = [image for image in left if self._holder(image, now) == client]
        free = [image for image in left if not self._holder(image, now)]
        handed = (own + free)[:AHEAD]
        self._held |= dict.fromkeys(handed, (client, now + LEASE))
        return handed

    def put_first(self, image: str, client: str, now: float) -> None:
        """Give a browser back an image that it has answered, to be shown at once."""
        self._order = [image, *(other for other in self._order if other != image)]
        self._held[image] = client, now + LEASE

    def add(self, images: Iterable[str]) -> None:
        """Put more images at the end, without those that are there."""
        self._order = list(dict.fromkeys([*self._order, *images]))

    def _holder(self, image: str, now: float) -> str:
        client, until = self._held.get(image, ("", 0.0))
        return client if now < until else ""
