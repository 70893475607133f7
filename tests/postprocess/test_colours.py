"""Names of colours, and whether two agree."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carscrape.recipe import load as load_recipe
from postprocess.colours import FAMILIES, NEIGHBOURS, agrees, family

ALMOST_GREY = ("gray", "silver", "white")


def test_every_name_belongs_to_one_family() -> None:
    names = [name for known, others in FAMILIES.items() for name in (known, *others)]
    assert len(names) == len(set(names))
    assert set(NEIGHBOURS) | set().union(*NEIGHBOURS.values()) <= set(FAMILIES)


def test_every_colour_of_the_shipped_recipe_is_known() -> None:
    colours = load_recipe("cars").lists["color"]
    assert [family(colour) for colour in colours] == list(colours)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Grey", "gray"),
        ("dark blue", "blue"),
        ("pearl white", "white"),
        ("Off-White", "white"),
        ("navy", "blue"),
        ("metallic", None),
        ("", None),
    ],
)
def test_the_family_of_a_name(name: str, known: str | None) -> None:
    assert family(name) == known


@given(
    asked=st.sampled_from([*FAMILIES, "grey", "metallic", "", None]),
    seen=st.sampled_from([*FAMILIES, None]),
    possible=st.sets(st.sampled_from(list(FAMILIES))) | st.none(),
)
def test_what_was_not_asked_seen_or_excluded_is_never_rejected(
    asked: str | None, seen: str | None, possible: set[str] | None
) -> None:
    said = agrees(asked, seen, possible)
    wanted = family(asked or "")
    assert (said == "keep") == (wanted is not None and wanted == seen)
    excluded = seen is not None and wanted != seen and wanted not in (possible or set())
    assert (said == "reject") == (wanted is not None and excluded)


def test_silver_grey_and_white_never_reject_each_other() -> None:
    from PIL import Image

    from postprocess.paint import paint_of

    for seen in (paint_of(Image.new("RGB", (80, 60), (level,) * 3)) for level in range(256)):
        if seen.seen in ALMOST_GREY:
            said = {agrees(asked, seen.seen, seen.possible) for asked in ALMOST_GREY}
            assert said <= {"keep", "abstain"}


def test_a_synonym_is_as_good_as_the_name() -> None:
    for known, seen in product(FAMILIES, FAMILIES):
        said = {agrees(name, seen, ()) for name in (known, *FAMILIES[known])}
        assert len(said) == 1
