"""A store of drawn cars whose body types can be told apart, with wrong labels planted."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random

from odd_stages import LetsAllBy
from stores import RECIPE, Found, make_store, sha

from carscrape.demo.pictures import BODIES, draw_car
from carscrape.store import Store
from postprocess import pipeline
from postprocess.labels import kept_images
from postprocess.models.judges import Judge
from postprocess.stages.agreement import Agreement
from postprocess.stages.label import Label
from postprocess.stages.trained import Trained

CARS, WRONG = 400, 40
MODELS = dict(zip(("mustang", "explorer", "ranger", "transit"), BODIES, strict=True))


@dataclass
class Planted:
    """A store, and what its images really show."""

    store: Store
    true: dict[str, str] = field(default_factory=dict)  # sha256 -> model
    wrong: set[str] = field(default_factory=set)  # sha256 of those that bear another label

    def run(self, judge: Judge | None = None) -> set[str]:
        """Let the label, and a judge, pass; returns the sha256 of what is kept."""
        stages = [LetsAllBy(), Label()]
        stages += [Trained(judge), Agreement(judge)] if judge else []
        pipeline.run(self.store, stages)
        return {row["id"].hex() for row in kept_images(self.store).to_pylist()}


def planted(folder: Path, cars: int = CARS, wrong: int = WRONG) -> Planted:
    """The same one every time, labelled and split by nobody yet."""
    random, mistaken = Random(5), Random(6)
    true: dict[str, str] = {}
    false: set[str] = set()
    found = []
    for number in range(cars):
        model, content = _car(random, number)
        said = model
        if number < wrong:
            said = mistaken.choice([other for other in MODELS if other != model])
            false.add(sha(content))
        true[sha(content)] = model
        found.append(Found(content, {"color": "red", "make": "ford", "model": said}))
    store = make_store(folder, found)
    store.recipe_path.write_text(RECIPE.replace('"red", "blue"', '"red"'), encoding="utf-8")
    made = Planted(store, true, false)
    made.run()
    return made


def _car(random: Random, number: int) -> tuple[str, bytes]:
    model = random.choice(list(MODELS))
    file = BytesIO()
    draw_car(f"training {number}", MODELS[model], "red").resize((160, 120)).save(file, "JPEG")
    return model, file.getvalue()
