"""Units: images that must share a split, because they are copies or were found on one page."""

from collections.abc import Iterable, Mapping, Sequence


class Units:
    """Images (32 bytes each) in units that grow, in none of which two splits ever meet."""

    def __init__(
        self, split: Mapping[bytes, str], counted: Iterable[bytes], order: Sequence[str]
    ) -> None:
        """Begin with every image alone.

        Args:
            split: of the images that were drawn before.
            counted: those that make a unit larger.
            order: the splits; where two of them meet, the later one stays.
        """
        self.left_out: set[bytes] = set()  # they lie between two splits
        self._split, self._order = split, order
        self._parent: dict[bytes, bytes] = {}
        self._size = dict.fromkeys(counted, 1)
        self._first = {image: image for image in split}  # of each root: what was drawn before

    def root(self, image: bytes) -> bytes:
        """The image that stands for its unit, until units are joined again."""
        parent = self._parent
        while (above := parent.get(image)) is not None:
            if (top := parent.get(above)) is not None:
                parent[image] = top
            image = above
        return image

    def drawn(self, image: bytes) -> bytes | None:
        """The smallest image of the same unit that was drawn before."""
        return self._first.get(self.root(image))

    def join(self, images: Iterable[bytes], limit: float | None = None) -> None:
        """Make one unit of these images, unless it would count `limit` images or more.

        If two splits meet, nothing is joined. Images that were not drawn before are left out, and
        of the others all but those of the later split.
        """
        images = [image for image in images if image not in self.left_out]
        roots = sorted({self.root(image) for image in images})
        if limit is not None and sum(self._size.get(root, 0) for root in roots) >= limit:
            return
        met = {self._split[self._first[root]] for root in roots if root in self._first}
        if len(met) > 1:
            drawn = {self._split[image] for image in images if image in self._split}
            stays = max(drawn, key=self._order.index, default="")
            self.left_out.update(i for i in images if self._split.get(i) != stays)
        else:
            self._unite(roots)

    def _unite(self, roots: Sequence[bytes]) -> None:
        if len(roots) < 2:
            return
        top = max(roots, key=lambda root: self._size.get(root, 0))
        self._size[top] = sum(self._size.get(root, 0) for root in roots)
        firsts = [self._first[root] for root in roots if root in self._first]
        if firsts:
            self._first[top] = min(firsts)
        self._parent.update((root, top) for root in roots if root != top)
