import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judged import KEY, STAGES, judge
from stores import BLUE, RED, Found, forbid_writing, make_store, picture, sha, wal_of

from carscrape.items import Outcome
from carscrape.store import Store, StoreError
from postprocess.dataset import splits, together
from postprocess.doctor import examine
from postprocess.rebuild import rebuild
from postprocess.verdicts import Generation, Verdicts

PICTURES = [picture(seed) for seed in range(6)]
ONE = sha(PICTURES[0])


@pytest.fixture
def store(tmp_path):
    found = [Found(content, RED) for content in PICTURES[:4]]
    found += [Found(content, BLUE) for content in PICTURES[4:]]
    found += [Found(PICTURES[0], BLUE), Found(b"", outcome=Outcome.GONE), Found(b"1", outcome=None)]
    store = make_store(tmp_path, found)
    judge(store, {ONE: ("verify", "too_small")})
    drawn = splits.recall(store, seed=1)
    drawn.assign(map(bytes.fromhex, store.images()), [], [])
    splits.remember(store, drawn)
    return store


def change(store, sql):
    connection = sqlite3.connect(store.ledger_path())
    connection.execute(sql)
    connection.commit()
    connection.close()


def only(store, *words):
    """The one problem of the store, which names all these words."""
    (problem,) = examine(store)
    assert all(str(word) in problem for word in words), problem
    assert "\n" not in problem


def test_a_sound_store_has_no_problems(store):
    assert examine(store) == []


def test_a_store_that_nothing_was_judged_in_has_none(tmp_path):
    assert examine(make_store(tmp_path, PICTURES)) == []


def test_no_store_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="no store"):
        examine(Store(tmp_path / "nowhere"))


# --- files


def test_a_missing_file(store):
    path = store.image_path(ONE, "image/jpeg")
    path.unlink()
    only(store, path, "is missing", "fetched again", ONE)


def test_the_remedy_has_the_image_fetched_again(store):
    store.image_path(ONE, "image/jpeg").unlink()
    (problem,) = examine(store)
    assert problem.endswith(f"python -m postprocess doctor {store.root} --rebuild")
    assert len(rebuild(store)) == 1
    assert {row["outcome"] for row in store.rows("select * from image where final = 0")} == {None}
    assert ONE not in store.images()
    assert examine(store) == []  # what was judged and drawn of it is kept, and is no problem


def test_a_flipped_byte(store):
    path = store.image_path(ONE, "image/jpeg")
    content = bytearray(PICTURES[0])
    content[100] ^= 1
    path.write_bytes(content)
    only(store, path, "holds other bytes than its name says")


def test_a_torn_file(store):
    path = store.image_path(ONE, "image/jpeg")
    path.write_bytes(PICTURES[0][:-1])
    only(store, path, f"{len(PICTURES[0]):,} were stored")


def test_an_orphan(store):
    path = store.image_path("ab" * 32, "image/png")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    only(store, path, "is in no ledger")


@pytest.mark.parametrize("name", ["x.part", ".x.jpg.123"])
def test_a_leftover(store, name):
    (store.images_dir / name).write_bytes(b"x")
    only(store, store.images_dir / name, "interrupted: delete it")


@pytest.mark.parametrize("name", [".current.json.123", f"verify/{KEY}/.part-0.parquet.123"])
def test_a_leftover_beside_the_verdicts(store, name):
    (store.verdicts_dir / name).write_bytes(b"x")
    only(store, store.verdicts_dir / name, "interrupted: delete it")


# --- ledgers


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("update image set outcome = 'lost' where id = 2", "unknown outcome 'lost'"),
        ("update image set sha256 = null where id = 2", "hash, type or size"),
        ("update image set type = 'text/html' where id = 2", "hash, type or size"),
        ("update image set final = 1 where outcome is null", "without an outcome"),
        ("delete from image where id = 2", "names image 2, which is not there"),
        ("delete from query where attributes like '%blue%'", "which is not there"),
        ("update page set verdict = 'fine' where id = 1", "page 1 has the unknown verdict 'fine'"),
        ("update page set found = found + 1 where id = 1", "page 1 found "),
        (
            "insert into hit (engine, phrase, subject, term, verdict) values (1, 1, 1, 1, 'fine')",
            "hit count 1 has the unknown verdict 'fine'",
        ),
    ],
)
def test_rows_that_cannot_be_right(store, sql, words):
    change(store, sql)
    problems = [problem for problem in examine(store) if words in problem]
    assert len(problems) == 1
    assert problems[0].startswith(f"{store.ledger_path()}: ")


def test_a_lost_result_is_missed_by_its_page_and_its_image(store):
    change(store, "delete from result where page = 1 and rank = 1")
    problems = examine(store)
    assert any("belongs to no result" in problem for problem in problems)
    assert any("page 1 found 6 results, but 5 are there" in problem for problem in problems)


def test_a_lost_page(store):
    change(store, "delete from page where id = 1")
    assert "page 1 has results, but is not there" in examine(store)[0]


def test_what_strangers_wrote_stays_on_one_line(store):
    change(store, "update image set outcome = 'x', url = 'a' || char(10) || char(27) where id = 2")
    (problem,) = [problem for problem in examine(store) if "unknown outcome" in problem]
    assert "'a\\n\\x1b'" in problem


def test_a_damaged_ledger(store):
    path = store.ledger_path()
    change(store, "pragma wal_checkpoint(truncate)")
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 4096 + path.read_bytes()[8192:])
    problems = examine(store)
    assert all(problem.startswith(f"{path} is damaged") for problem in problems)
    assert problems


def test_a_file_that_is_no_ledger(store):
    store.ledger_path("2-of-8").write_bytes(b"no database, but long enough to be looked at" * 10)
    only(store, store.ledger_path("2-of-8"), "is damaged", "not a database")


def test_a_ledger_that_cannot_be_read_is_not_called_damaged(store):
    forbid_writing(store.ledger_path())
    wal_of(store.ledger_path()).write_bytes(b"rows that are not in the ledger yet")
    only(store, store.ledger_path(), "cannot read the ledger", "see that you may read it")


def test_a_store_that_cannot_be_written_is_sound(store):
    forbid_writing(store.ledger_path())
    assert examine(store) == []


def test_a_ledger_of_another_version(store):
    change(store, "pragma user_version = 99")
    only(store, store.ledger_path(), "schema 99")


# --- verdicts, sums, splits


def part(store, stage):
    (path,) = (store.verdicts_dir / stage / KEY).glob("part-*.parquet")
    return path


def test_a_damaged_part(store):
    part(store, "dedupe").write_bytes(b"torn")
    only(store, part(store, "dedupe"), "cannot read")


def test_a_lost_verdict(store):
    path = part(store, "dedupe")
    pq.write_table(pq.read_table(path).slice(1), path)
    assert any("1 images have no verdict of dedupe" in problem for problem in examine(store))


def test_an_unknown_reason(store):
    verdicts = Verdicts(store)
    verdicts.set_current(
        [Generation(s.name, KEY, {}, s.reasons[:1], "") for s in STAGES]  # "ok" alone
    )
    only(store, store.verdicts_dir / "verify" / KEY, "unknown reason 'too_small' to 1 images")


def test_a_damaged_list_of_stages(store):
    (store.verdicts_dir / "current.json").write_text("[")
    only(store, store.verdicts_dir / "current.json", "cannot read")


@pytest.mark.parametrize("memory", [splits, together])
def test_a_damaged_split(store, memory):
    memory.path_of(store).write_bytes(b"torn")
    only(store, memory.path_of(store), "cannot read")


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("seed", 2, "drawn with several seeds (1, 2)"),
        ("split", "trian", "unknown split 'trian'"),
    ],
)
def test_a_split_that_cannot_be_right(store, column, value, words):
    rows = splits.read(store).to_pylist()
    rows[0][column] = value
    pq.write_table(pa.Table.from_pylist(rows, schema=splits.SCHEMA), splits.path_of(store))
    only(store, splits.path_of(store), words)


def test_a_unit_in_two_splits_and_an_image_twice(store):
    rows = splits.read(store).to_pylist()
    other = "test" if rows[0]["split"] == "train" else "train"
    rows.append(rows[0] | {"split": other})
    pq.write_table(pa.Table.from_pylist(rows, schema=splits.SCHEMA), splits.path_of(store))
    problems = examine(store)
    assert any("names 1 images more than once" in problem for problem in problems)
    assert any("has 1 units in two splits" in problem for problem in problems)
