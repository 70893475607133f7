import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_stages import NoWeights, Picky, Whole
from stores import BLUE, RED, Found, make_store, sha

from carscrape.items import Outcome
from carscrape.store import StoreError
from postprocess import pipeline
from postprocess.funnel import Funnel, Share, StageCount, count, disagreements
from postprocess.labels import kept_images, sources
from postprocess.stages.label import Label

STAGES = [Picky(), Whole(), NoWeights(), Label()]

found = st.builds(
    lambda content, attributes, engine, url, outcome: Found(
        content,
        attributes,
        engine,
        f"https://images.example/{url}-{content!r}-{outcome}",
        outcome,
    ),
    st.sampled_from([b"1", b"2", b"3", b"bad"]),
    st.sampled_from([RED, BLUE, {}]),
    st.sampled_from(["bing", "wikimedia"]),
    st.integers(0, 3),
    st.sampled_from([Outcome.STORED, Outcome.STORED, Outcome.GONE, None]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(found, max_size=12), st.lists(found, min_size=1, max_size=12))
def test_all_sums_agree(one: list[Found], other: list[Found]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_store(Path(folder), one, shard="1-of-2")
        store = make_store(Path(folder), other, shard="2-of-2")
        assert disagreements(count(store)) == []
        pipeline.run(store, STAGES)
        funnel = count(store)
        assert disagreements(funnel) == []
        assert funnel.kept == kept_images(store).num_rows
        assert funnel.files == len({f.content for f in one + other if f.outcome == "stored"})


FUNNEL = Funnel(
    queries=1,
    pages={"results": 1},
    results=5,
    urls=4,
    repeats=1,
    outcomes={"stored": 3, "waiting": 1},
    files=2,
    same_bytes=1,
    stages=(
        StageCount("verify", 2, 1, {"too_small": 1}, 0, ""),
        StageCount("subject", 0, 0, {}, 0, "no weights"),
        StageCount("label", 1, 1, {}, 0, ""),
    ),
    engines=(Share("bing", 5, 4, 2, 1, {"verify": {"too_small": 1}}),),
    labels=(Share("red", 2, 2, 1, 0, {"verify": {"too_small": 1}}), Share("blue", 3, 2, 1, 1)),
    kept=1,
)


def test_a_funnel_that_adds_up() -> None:
    assert disagreements(FUNNEL) == []


@pytest.mark.parametrize(
    "change",
    [
        {"results": 6},
        {"repeats": 0},
        {"urls": 5},
        {"outcomes": {"stored": 3}},
        {"files": 3},
        {"same_bytes": 0},
        {"kept": 2},
        {"stages": (StageCount("verify", 2, 1, {}, 0, ""),)},
        {"stages": (StageCount("verify", 1, 1, {}, 0, ""),)},
        {"stages": (*FUNNEL.stages, StageCount("more", 2, 1, {}, 1, ""))},
        {"engines": (Share("bing", 4, 4, 2, 1, {"verify": {"too_small": 1}}),)},
        {"engines": (Share("bing", 5, 4, 2, 1, {"label": {"conflict": 1}}),)},
        {
            "labels": (
                Share("red", 2, 2, 1, 0),
                Share("blue", 3, 2, 1, 1, {"verify": {"too_small": 1}}),
            )
        },
        {"labels": ()},
    ],
    ids=str,
)
def test_a_sum_that_does_not_agree_is_named(change: dict[str, object]) -> None:
    assert disagreements(replace(FUNNEL, **change))


def test_every_url_and_image_counts_for_its_first_finder(tmp_path: Path) -> None:
    store = make_store(
        tmp_path,
        [
            Found(b"1", RED, url="https://images.example/1"),
            Found(b"1", BLUE, "wikimedia", url="https://images.example/1"),
            Found(b"1", BLUE, "wikimedia", url="https://images.example/2"),
            Found(b"bad", BLUE, "wikimedia"),
            Found(b"", RED, outcome=Outcome.GONE),
            Found(b"w", RED, outcome=None),
        ],
    )
    pipeline.run(store, [Picky(), Whole()])
    funnel = count(store)
    assert funnel.engines == (
        Share("bing", 3, 3, 1, 1),
        Share("wikimedia", 3, 2, 1, 0, {"picky": {"bad": 1}}),
    )
    assert [share.name for share in funnel.labels] == ["blue ford mustang", "red ford mustang"]
    assert (funnel.results, funnel.urls, funnel.repeats) == (6, 5, 1)
    assert funnel.outcomes == {"stored": 3, "gone": 1, "waiting": 1}
    assert (funnel.files, funnel.same_bytes, funnel.kept) == (2, 1, 1)
    assert funnel.stages == (
        StageCount("picky", 2, 1, {"bad": 1}, 0, ""),
        StageCount("whole", 1, 1, {}, 0, ""),
    )


def test_an_image_without_verdict_is_missing_and_goes_no_further(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    pipeline.run(store, [Picky(), Label()])
    make_store(tmp_path, [b"2"], shard="more")
    picky, label = count(store).stages
    assert (picky.entered, picky.kept, picky.missing) == (2, 1, 1)
    assert label.entered == 1


def test_before_the_first_run_nothing_is_kept(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    assert (count(store).stages, count(store).kept) == ((), 0)
    with pytest.raises(StoreError, match="no labels yet"):
        kept_images(store)


def test_sources_stand_in_the_order_of_their_finding(tmp_path: Path) -> None:
    entries = [
        Found(b"1", RED),
        Found(b"2", RED),
        Found(b"1", BLUE),
        Found(b"1", BLUE, "wikimedia"),
    ]
    found_at = sources(make_store(tmp_path, entries))
    assert [(s.engine, s.attributes["color"], s.rank) for s in found_at[sha(b"1")]] == [
        ("bing", "red", 0),
        ("bing", "blue", 0),
        ("wikimedia", "blue", 0),
    ]
    assert found_at[sha(b"2")][0].rank == 1
    assert found_at[sha(b"2")][0].query_text == "red ford mustang"


def test_labels_are_what_all_queries_agree_on(tmp_path: Path) -> None:
    entries = [
        Found(b"twice", RED),
        Found(b"twice", RED, "wikimedia"),
        Found(b"both", RED),
        Found(b"both", BLUE),
        Found(b"none", {}),
    ]
    store = make_store(tmp_path, entries)
    generations = pipeline.run(store, [Label()])
    rows = pipeline.Verdicts(store).read("label", generations[0].key).to_pylist()
    said = {
        row["id"].hex(): (row["keep"], row["reason"], row["label"], row["votes"]) for row in rows
    }
    assert said == {
        sha(b"twice"): (True, "ok", "red ford mustang", 2),
        sha(b"both"): (False, "conflict", "red ford mustang", 1),
        sha(b"none"): (False, "unlabelled", None, 0),
    }
    assert kept_images(store).column_names == ["id", "label", "attributes", "votes", "confidence"]
