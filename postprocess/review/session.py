"""One review in progress: hands out pictures, takes answers, and says how far it has come."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carscrape.store import Store
from postprocess.report.page import shown
from postprocess.review import answers
from postprocess.review.answers import Answer, Mark
from postprocess.review.desk import Desk
from postprocess.review.evidence import Evidence, read_evidence
from postprocess.review.population import Population, read_population
from postprocess.review.precision import Precision, measure
from postprocess.review.sample import by_lot, draw
from postprocess.review.wording import as_json

MORE = 20  # images added when somebody wants to see more of the labels that are worth it


@dataclass(frozen=True)
class Reply:
    """What a browser says of an image; not checked yet."""

    client: str
    image: str
    mark: str
    only: str = ""


class ReplyError(ValueError):
    """A reply that fits no picture of this review; the text is for programmers."""


class Review:
    """What a server serves; every answer is on the disk before a method returns."""

    def __init__(self, store: Store, asked: Sequence[str], sample: int, seed: int) -> None:
        """Draw the sample, and make the file of answers if it is not there.

        Raises:
            StoreError: the store cannot be read or written, has nothing to review, or no such
                attributes.
        """
        self.store = store
        self.population: Population = read_population(store).narrowed(asked)
        answers.prepare(store)
        self._seed = seed
        self._desk = Desk(draw(self.population.by_label, sample, seed))
        self._evidence: dict[str, Evidence] = {}

    def evidence(self, image: str) -> Evidence:
        """Look up one image of the review.

        Raises:
            KeyError: it is none.
        """
        if image not in self.population.about:
            raise KeyError(image)
        if image not in self._evidence:
            self._evidence[image] = read_evidence(self.store, image)
        return self._evidence[image]

    def answer(self, reply: Reply) -> None:
        """Take an answer.

        Raises:
            ReplyError: there is no such image, mark or attribute.
            WriteError: it could not be kept.
        """
        about = self.population.about.get(reply.image)
        if about is None or reply.mark not in list(Mark) or reply.only not in ("", *about):
            raise ReplyError(f"{reply} fits no picture of this review")
        answer = Answer(reply.image, about, Mark(reply.mark), reply.only, reply.client)
        answers.add(self.store, answer)

    def undo(self, client: str) -> None:
        """Take back the last answer of this browser, and show its picture again."""
        own = self._own(answers.read(self.store), client)
        if own:
            answers.take_back(self.store, own[-1])
            self._desk.put_first(own[-1].image, client, time.monotonic())

    def more(self) -> None:
        """Add images of the labels that are worth looking at next, unless there are some left."""
        given = answers.read(self.store)
        seen = self.population.counted(given)
        if self._desk.left(seen):
            return
        labels = [row.label for row in measure(self.population, given).next]
        for label in labels:
            unseen = (image for image in self.population.by_label[label] if image not in seen)
            self._desk.add(by_lot(unseen, self._seed)[: MORE // len(labels)])

    def precision(self) -> Precision:
        """What the answers say so far."""
        return measure(self.population, answers.read(self.store))

    def state(self, client: str) -> dict[str, Any]:
        """All that a browser shows, with the pictures it has to look at."""
        given = answers.read(self.store)
        seen = self.population.counted(given)
        handed = self._desk.hand_out(client, seen, time.monotonic())
        left = len(self._desk.left(seen))
        return {
            "store": self.store.root.name,
            "queue": [self._picture(image) for image in handed],
            "done": len(self._desk) - left,
            "total": len(self._desk),
            "left": left,
            "undo": bool(self._own(given, client)),
            "precision": as_json(measure(self.population, given)),
        }

    def _own(self, given: Sequence[Answer], client: str) -> list[Answer]:
        """The answers of one browser that are about what this review shows."""
        own = [answer for answer in given if answer.client == client]
        return [answer for answer in own if self.population.counted([answer])]

    def _picture(self, image: str) -> dict[str, Any]:
        found = self.evidence(image)
        return {
            "id": image,
            "label": [
                {"name": name, "value": shown(value)}
                for name, value in self.population.about[image].items()
            ],
            "title": found.title,
            "query": found.query,
            "engine": found.engine,
            "page": found.page,
            "link": found.link,
        }
