"""The labels that the kept images bear now, as far as they are asked about."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from carscrape.store import Store, StoreError
from postprocess.labels import kept_images, label_of
from postprocess.review.answers import Answer
from postprocess.usage import UsageError


@dataclass(frozen=True)
class Population:
    """What a sample is drawn from, and what its answers speak for."""

    asked: tuple[str, ...]  # the attributes that make a label, in their order
    about: Mapping[str, dict[str, str]]  # image (hex) -> attribute -> value

    def label(self, image: str) -> str:
        """The label of an image, "ford mustang"."""
        return label_of(self.about[image])

    @cached_property
    def by_label(self) -> dict[str, list[str]]:
        """Label -> its images, both sorted."""
        labels: dict[str, list[str]] = {}
        for image in sorted(self.about):
            labels.setdefault(self.label(image), []).append(image)
        return dict(sorted(labels.items()))

    def narrowed(self, asked: Sequence[str]) -> "Population":
        """The same images with these attributes alone, those with any; () for all attributes.

        Raises:
            UsageError: no image has one of the attributes.
        """
        unknown = [name for name in asked if name not in self.asked]
        if unknown:
            raise UsageError(
                f"--labels: no kept image has an attribute {unknown[0]!r}; "
                f"there is: {', '.join(self.asked)}"
            )
        names = tuple(name for name in self.asked if name in asked or not asked)
        shared: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}  # one per label
        about = {}
        for image, values in self.about.items():
            pairs = tuple((name, values[name]) for name in names if name in values)
            if pairs:
                about[image] = shared.setdefault(pairs, dict(pairs))
        return Population(names, about)

    def counted(self, answers: Iterable[Answer]) -> dict[str, Answer]:
        """The answer that counts for each image: the last about the label that it has now.

        An answer about more attributes than are asked for counts too. One about another label does
        not: it judged that one.
        """
        return {answer.image: answer for answer in answers if self._holds(answer)}

    def _holds(self, answer: Answer) -> bool:
        now = self.about.get(answer.image, {})
        return bool(now) and all(answer.about.get(name) == value for name, value in now.items())


def read_population(store: Store) -> Population:
    """The kept images with all their attributes.

    Raises:
        StoreError: the store cannot be read, nothing was kept, or nothing has a label yet.
    """
    kept = kept_images(store)
    if not len(kept):
        raise StoreError(
            f"no image of {store.root} was kept, so there is nothing to review: "
            f"python -m postprocess status {store.root} shows where they were lost"
        )
    texts = kept["attributes"].to_pylist()
    parsed: dict[str, dict[str, str]] = {text: json.loads(text) for text in set(texts)}
    names = tuple(dict.fromkeys(name for text in sorted(parsed) for name in parsed[text]))
    ids = (image.hex() for image in kept["id"].to_pylist())
    return Population(names, {id_: parsed[text] for id_, text in zip(ids, texts, strict=True)})
