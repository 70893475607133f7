"""What a judge is to tell apart, from the word for it on the command line."""

from collections import Counter
from collections.abc import Mapping, Sequence

from carscrape.recipe import Recipe
from carscrape.store import Store
from postprocess.hits.table import HitsError
from postprocess.hits.vectors import label_vectors
from postprocess.models.judges import Target
from postprocess.train.errors import TrainError
from postprocess.usage import UsageError

BODY_TYPE, COLOUR, SUBJECT = "body_type", "colour", "subject"
SUBJECT_CLASSES = SHOWN, OTHER = ("subject", "something else")


def target_of(text: str, recipe: Recipe, store: Store) -> Target:
    """The target that these words mean: attributes of the recipe, or one of the three above.

    Args:
        text: "" means the attributes whose hits are counted, or else all of them.

    Raises:
        UsageError: the recipe has no such attribute.
        TrainError: the body types of nothing are known.
        StoreError: a ledger cannot be read.
    """
    names = tuple(text.split(",")) if text else _usual(recipe)
    if set(names) <= set(recipe.attributes):
        return Target(",".join(names), names, {})
    if text == SUBJECT:
        return Target(text, (), {"": {SHOWN: 1.0}})
    if text == COLOUR and recipe.colour:
        return Target(text, (recipe.colour,), {})
    if text == BODY_TYPE:
        return _body_types(store)
    known = ", ".join([*recipe.attributes, *([COLOUR] if recipe.colour else [])])
    raise UsageError(f"no target {text!r}: there is {known}, {BODY_TYPE} and {SUBJECT}")


def _usual(recipe: Recipe) -> tuple[str, ...]:
    return tuple(n for n in recipe.attributes if n in recipe.hits.attributes) or recipe.attributes


def _body_types(store: Store) -> Target:
    """The soft labels of the hit counts, of the subjects that have one."""
    try:
        rows = label_vectors(store).to_pylist()
    except HitsError as error:
        raise TrainError(str(error)) from error
    names: tuple[str, ...] = tuple(rows[0]["subject"]) if rows else ()
    labels = {
        " ".join(row["subject"][name] for name in names): _shares(row["vector"])
        for row in rows
        if row["label"] is not None and None not in row["subject"].values()
    }
    if not labels:
        raise TrainError(f"the hit counts of {store.root} give no label: count more of them")
    return Target(BODY_TYPE, names, labels)


def _shares(vector: Mapping[str, float | None]) -> dict[str, float]:
    return {term: share for term, share in vector.items() if share}


def soft_label(
    target: Target,
    attributes: Mapping[str, str],
    found: Sequence[Mapping[str, str]],
    confidence: float,
) -> Mapping[str, float]:
    """The label of an image: class -> share; {} where it has none.

    What a label is not sure of is shared by the classes that results name against it; where they
    name none, it gets all.

    Args:
        attributes: what the image was labelled.
        found: what each result that led to the image says.
        confidence: of the label, from 0 to 1.
    """
    own = target.shares(attributes)
    if len(own) != 1:  # none, or the shares that hit counts give
        return own
    (name,) = own
    votes = Counter(other for said in found for other in target.shares(said) if other != name)
    if not votes:
        return own
    doubt = (1 - confidence) / votes.total()
    return {name: confidence, **{other: doubt * count for other, count in votes.items()}}
