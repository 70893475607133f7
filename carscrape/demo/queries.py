"""A recipe whose queries together find every photo of the world of photos."""

import json

from carscrape.demo.photos import ROAD_VEHICLES, PhotoWorld

_RECIPE = """\
name = "photos"
per_query = 100
engines = ["demo"]
phrases = ["{{model}}"]

[attributes]
model = [
{models}
]

[filter]
top_k = 4

[filter.synsets]
{synsets}
"""


def recipe(world: PhotoWorld) -> str:
    """The recipe as TOML."""
    # A JSON string is a TOML basic string, too.
    models = "\n".join(f"    {json.dumps(label, ensure_ascii=False)}," for label in world.labels)
    synsets = "\n".join(f'{word} = ["{synset}"]' for word, synset in ROAD_VEHICLES.items())
    return _RECIPE.format(models=models, synsets=synsets)
