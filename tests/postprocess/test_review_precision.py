"""What is concluded from the answers."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import KEY, Label, judge
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape.store import Store, StoreError
from postprocess import cli
from postprocess.review.answers import Answer, Mark, add, path_of, prepare, read, take_back
from postprocess.review.population import Population
from postprocess.review.precision import ENOUGH, estimate, measure, precision
from postprocess.review.precision import LabelPrecision as Row
from postprocess.review.wording import summary
from postprocess.score.wilson import Proportion, Z, wilson
from postprocess.verdicts import Generation, Verdicts

RIGHT, WRONG, UNSURE = Mark.RIGHT, Mark.WRONG, Mark.UNSURE


def store_of(tmp_path, *labels: dict[str, str]) -> tuple[Store, list[str]]:
    """A store of one kept image per label, and their ids."""
    contents = [picture(n) for n in range(len(labels))]
    found = [Found(content, label) for content, label in zip(contents, labels, strict=True)]
    store = make_store(tmp_path, found)
    judge(store)
    prepare(store)
    return store, [sha(content) for content in contents]


@pytest.mark.accepts("G08")
def test_a_spot_check_of_200_with_13_wrong(tmp_path):
    about = {f"{n:064x}": {"make": "ford" if n < 150 else "fiat"} for n in range(1000)}
    looked_at = [f"{n:064x}" for n in [*range(30), *range(150, 320)]]
    marks = [WRONG] * 2 + [RIGHT] * 28 + [WRONG] * 11 + [RIGHT] * 159
    answers = [Answer(i, about[i], mark) for i, mark in zip(looked_at, marks, strict=True)]
    found = measure(Population(("make",), about), answers)
    assert found.overall.interval == pytest.approx((0.8920, 0.9616), abs=5e-5)
    for end in found.overall.interval:  # what Wilson's interval is defined by
        assert (0.935 - end) ** 2 == pytest.approx(Z**2 * end * (1 - end) / 200)
    assert str(found.overall) == "93.5 % (n = 200, 95 % interval 89.2 to 96.2 %)"
    assert found.enough
    assert [row.share for row in found.labels] == [Proportion(159, 170), Proportion(28, 30)]


@pytest.mark.accepts("G08")
def test_nothing_looked_at_is_unknown(tmp_path, capsys):
    store, _ = store_of(tmp_path, RED, BLUE)
    found = precision(store)
    assert str(found.overall) == "unknown (n = 0)"
    assert found.overall.interval == (0.0, 1.0)
    assert not found.enough
    assert cli.main(["review", str(store.root), "--summary"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("right labels (color make model): unknown (n = 0)")
    assert "2 labels that nobody has looked at: unknown (n = 0)" in said


ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)), max_size=8)


@given(ROWS)
def test_labels_weigh_as_many_images_as_they_have(counts):
    rows = [Row(str(n), r + w + more, r, w, 0) for n, (r, w, more) in enumerate(counts)]
    found = estimate(rows)
    judged = [row for row in rows if row.share.n]
    assert found.n == sum(row.share.n for row in rows)
    if not judged:
        assert found.share is None
        return
    images = sum(row.images for row in judged)
    assert found.share == pytest.approx(sum(r.share.share * r.images for r in judged) / images)
    assert 1 - 1e-9 <= found.effective <= found.n + 1e-9
    low, high = found.interval
    assert 0 <= low <= found.share <= high <= 1


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_a_sample_in_proportion_is_as_good_as_a_plain_one(right, wrong, times):
    rows = [Row("a", 10 * (right + wrong), right, wrong, 0)]
    rows.append(Row("b", 10 * times * (right + wrong), times * right, times * wrong, 0))
    plain = Proportion((1 + times) * right, (1 + times) * (right + wrong))
    assert estimate(rows).interval == pytest.approx(plain.interval)


def test_unequal_samples_are_weighed():
    found = estimate([Row("large", 900, 9, 1, 0), Row("small", 100, 0, 10, 0)])
    assert found.share == pytest.approx(0.81)
    assert found.effective == pytest.approx(10 / (0.81 + 0.01))
    assert found.covered == 1.0
    assert estimate([Row("seen", 30, 1, 0, 0), Row("not", 70, 0, 0, 0)]).covered == 0.3


@given(st.integers(1, 300), st.integers(0, 20))
def test_says_how_many_more_are_enough(right, wrong):
    about = {f"{n:064x}": {"make": "ford"} for n in range(2000)}
    marks = [RIGHT] * right + [WRONG] * wrong
    answers = [Answer(image, about[image], mark) for image, mark in zip(about, marks, strict=False)]
    found = measure(Population(("make",), about), answers)
    assert found.enough == (found.overall.half_width <= ENOUGH)
    more = right + wrong + found.missing
    assert not _wider(found.overall.share, more)
    assert found.enough or (found.missing > 0 and _wider(found.overall.share, more - 2))


def _wider(share: float, n: int) -> bool:
    low, high = wilson(share, n)
    return (high - low) / 2 > ENOUGH


def test_the_widest_interval_times_the_share_comes_next():
    about = {}
    for label, number in (("large", 60), ("small", 10), ("seen", 3)):
        about |= {f"{label}{n}": {"make": label} for n in range(number)}
    answers = [Answer(f"seen{n}", {"make": "seen"}, RIGHT) for n in range(3)]
    found = measure(Population(("make",), about), answers)
    assert [row.label for row in found.next] == ["large", "small"]
    answers += [Answer(f"large{n}", {"make": "large"}, RIGHT) for n in range(59)]
    found = measure(Population(("make",), about), answers)
    assert [row.label for row in found.next] == ["small", "large"]


def test_a_wrong_word_leaves_the_others_right(tmp_path):
    store, (one, two, three) = store_of(tmp_path, RED, BLUE, RED)
    add(store, Answer(one, RED, WRONG, "color"))
    add(store, Answer(two, BLUE, WRONG))
    add(store, Answer(three, RED, UNSURE))
    found = precision(store)
    assert (found.overall.share, found.overall.n, found.unsure) == (0.0, 2, 1)
    assert {name: one.share for name, one in found.attributes.items()} == {
        "color": 0.0,
        "make": pytest.approx(2 / 3),  # two red images, of which one is right, and a blue one
        "model": pytest.approx(2 / 3),
    }
    assert precision(store, ["make"]).overall.share == 0.5
    assert "model alone: 66.7 % (n = 2" in summary(found)


def test_what_was_asked_last_is_told(tmp_path):
    store, (one, _) = store_of(tmp_path, RED, BLUE)
    add(store, Answer(one, {"make": "ford", "model": "mustang"}, RIGHT))
    found = precision(store)
    assert found.asked == ("make", "model")
    assert [(row.label, row.images, row.right) for row in found.labels] == [("ford mustang", 2, 1)]
    assert precision(store, ["color"]).overall.share is None


def test_the_last_answer_counts_and_what_is_taken_back_does_not(tmp_path):
    store, (one, _) = store_of(tmp_path, RED, BLUE)
    add(store, Answer(one, RED, RIGHT))
    add(store, Answer(one, RED, WRONG))
    assert precision(store).overall.share == 0.0
    take_back(store, read(store)[-1])
    assert precision(store).overall.share == 1.0
    take_back(store, read(store)[-1])
    assert precision(store).overall.share is None


def relabel(store: Store, key: str, changed: dict[str, dict[str, str]]) -> None:
    """Let the label stage have run again under another key, with other labels for some."""
    verdicts = Verdicts(store)
    rows = verdicts.read("label", KEY).to_pylist()
    for row in rows:
        attributes = changed.get(row["id"].hex(), json.loads(row["attributes"]))
        row["attributes"] = json.dumps(attributes)
    verdicts.write(Label, key, pa.Table.from_pylist(rows, schema=Label.schema()))
    label = Generation("label", key, Label().identity(), Label.reasons)
    verdicts.set_current([*verdicts.current()[:-1], label])


def test_answers_outlive_a_new_run_but_not_a_new_label(tmp_path):
    store, (one, two) = store_of(tmp_path, RED, BLUE)
    add(store, Answer(one, RED, RIGHT))
    add(store, Answer(two, BLUE, RIGHT))
    relabel(store, "1" * 16, {})
    assert precision(store).overall.n == 2
    relabel(store, "2" * 16, {two: RED})
    assert precision(store).overall.n == 1
    assert precision(store, ["make"]).overall.n == 2  # that is what it was


def test_damaged_answers_are_one_line(tmp_path, capsys):
    store, _ = store_of(tmp_path, RED)
    path_of(store).write_bytes(b"no database at all, but long enough to look like one" * 40)
    with pytest.raises(StoreError, match="cannot read the answers"):
        precision(store)
    assert cli.main(["review", str(store.root), "--summary"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--labels", "wheels"], "--labels: no kept image has an attribute 'wheels'; there is: "),
        (["--labels", "make,"], "has an empty name"),
        (["--sample", "0"], "0 is no whole number from 1"),
        (["--port", "65536"], "65536 is no whole number from 0 to 65535"),
    ],
)
def test_a_wrong_command_line_is_said(tmp_path, capsys, given, said):
    store, _ = store_of(tmp_path, RED)
    try:
        code = cli.main(["review", str(store.root), *given])
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_store_without_labels_or_kept_images_says_what_to_do(tmp_path, capsys):
    store = make_store(tmp_path, [picture(1)])
    assert cli.main(["review", str(store.root)]) == 1
    assert "run all stages first" in capsys.readouterr().err
    judge(store, rejected={sha(picture(1)): ("verify", "too_small")})
    assert cli.main(["review", str(store.root)]) == 1
    assert "no image of" in capsys.readouterr().err
