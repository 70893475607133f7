import pytest
from judged import judge
from stores import BLUE, Found, make_store, picture, sha

from carscrape.items import Outcome
from carscrape.store import StoreError
from postprocess.score import Kind, score
from postprocess.score.truth import TruthError
from postprocess.score.wilson import Proportion

URL = "https://images.example/"
PICTURES = [picture(seed) for seed in range(7)]


@pytest.fixture
def store(tmp_path):
    """Four good ones, a copy among them, two bad ones, a stranger, and one that is gone."""
    found = [
        Found(PICTURES[0], url=URL + "a"),
        Found(PICTURES[1], url=URL + "a-copy"),
        Found(PICTURES[2], url=URL + "b", attributes=BLUE),
        Found(PICTURES[3], url=URL + "rejected"),
        Found(PICTURES[4], url=URL + "thumbnail"),
        Found(PICTURES[5], url=URL + "bus"),
        Found(PICTURES[6], url=URL + "stranger"),
        Found(b"", url=URL + "dead", outcome=Outcome.GONE),
    ]
    store = make_store(tmp_path, found)
    rejected = {
        sha(PICTURES[0]): ("verify", "too_small"),
        sha(PICTURES[3]): ("dedupe", "near_duplicate"),
        sha(PICTURES[4]): ("verify", "too_small"),
    }
    judge(store, rejected)
    return store


TRUTH = """\
url	kind	good	original	label
https://images.example/a-copy	car	yes	A	Mustang red ford
https://images.example/a	car	yes	A	Mustang red ford
https://images.example/b	car	yes	B	red ford mustang
https://images.example/rejected	car	yes	C	red ford mustang
https://images.example/dead	car	yes	D	red ford mustang
https://images.example/nowhere	car	yes	E	red ford mustang
https://images.example/thumbnail	thumbnail	no	A	none
https://images.example/bus	bus	no	F	none
"""


def write(tmp_path, text):
    path = tmp_path / "truth.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_figure(store, tmp_path):
    result = score(store, write(tmp_path, TRUTH))
    assert result.precision == Proportion(2, 3)  # a-copy and b, not bus
    assert result.recall == Proportion(2, 5)  # A (by its copy) and B of A to E
    assert result.lost == {"never found": 1, "download": 1, "dedupe": 1}
    assert result.labels == Proportion(1, 2)  # b was found under blue
    assert result.unknown == 1
    assert result.kinds == (
        Kind("car", True, stored=4, kept=2),
        Kind("bus", False, stored=1, kept=1),
        Kind("thumbnail", False, stored=1, kept=0),
    )


def test_what_is_shown(store, tmp_path):
    result = score(store, write(tmp_path, TRUTH))
    assert "good originals lost: never found 1, download 1, dedupe 1" in str(result)
    assert "thumbnail  no         1     0    0.0 %" in str(result)


def test_url_and_good_are_enough(store, tmp_path):
    result = score(store, write(tmp_path, f"url\tgood\n{URL}b\tyes\n{URL}bus\tno\n"))
    assert result.precision == Proportion(1, 2)
    assert result.recall == Proportion(1, 1)
    assert result.labels == Proportion(0, 0)
    assert "right labels on the kept good images: unknown (n = 0)" in str(result)


def test_bytes_that_any_url_calls_bad_are_bad(tmp_path):
    same = [Found(PICTURES[0], url=URL + name) for name in "ab"]
    store = make_store(tmp_path, same)
    judge(store)
    truth = f"url\tkind\tgood\n{URL}a\tcar\tyes\n{URL}b\tplaceholder\tno\n"
    result = score(store, write(tmp_path, truth))
    assert result.precision == Proportion(0, 1)
    assert result.kinds == (Kind("placeholder", False, stored=1, kept=1),)


def test_images_not_judged_yet_are_no_stage_s_loss(store, tmp_path):
    make_store(tmp_path, [Found(picture(20), {"color": "green"}, url=URL + "new")])
    result = score(store, write(tmp_path, f"url\tgood\n{URL}new\tyes\n{URL}b\tyes\n"))
    assert result.lost == {"not judged": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks url, good"),
        ("url\tkind\nx\tcar\n", "lacks good"),
        ("url\tgood\tlabels\nx\tyes\tred\n", "does not know labels"),
        ("url\tgood\n", "no rows"),
        ("url\tgood\nx\tmaybe\n", "line 2: good must be yes or no"),
        ("url\tgood\n\tyes\n", "line 2: no url"),
        ("url\tgood\nx\n", "line 2: not as many cells"),
        ("url\tgood\nx\tyes\tmore\n", "line 2: not as many cells"),
        ("url\tgood\nx\tyes\nx\tno\n", "line 3: x differs"),
        ("url\tgood\nx\tyes\n", "share no URL"),
    ],
)
def test_a_bad_truth_is_one_clear_line(store, tmp_path, text, message):
    with pytest.raises(TruthError, match=message) as error:
        score(store, write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_truth_that_is_no_text_or_not_there(store, tmp_path):
    with pytest.raises(TruthError, match="No such file"):
        score(store, tmp_path / "missing.tsv")
    (tmp_path / "truth.tsv").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(TruthError, match="no tab-separated UTF-8 text"):
        score(store, tmp_path / "truth.tsv")


def test_a_store_that_was_not_judged(tmp_path):
    store = make_store(tmp_path, [PICTURES[0]])
    with pytest.raises(StoreError, match="postprocess run"):
        score(store, write(tmp_path, TRUTH))
