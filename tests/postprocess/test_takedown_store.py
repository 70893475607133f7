"""Takedowns of small stores: what is found, what is said, and what obeys."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from judged import judge
from signed import row
from stores import BLUE, Found, make_store, picture, sha

from carscrape.items import Outcome
from carscrape.ledger import Ledger
from carscrape.ledger.takedowns import Takedown, add_takedown, key_of
from carscrape.store import Store
from postprocess import pipeline
from postprocess.cli import main
from postprocess.doctor import examine
from postprocess.funnel import count, disagreements
from postprocess.look_alikes import SCHEMA, alike, signatures_path, with_signature, write_signatures
from postprocess.rebuild import rebuild
from postprocess.report import write_report
from postprocess.stages.taken_down import TakenDown
from postprocess.stages.verify import Verify
from tests.a_person import jpeg

pytestmark = pytest.mark.accepts("H07")
PICTURES = [picture(seed) for seed in range(6)]
ONE = sha(PICTURES[0])
FIRST_URL = "https://images.example/first.jpg"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One picture under two URLs of two shards; one that waits; others."""
    store = make_store(tmp_path, [Found(PICTURES[0], url=FIRST_URL), *PICTURES[1:4]])
    make_store(
        tmp_path,
        [Found(PICTURES[0], BLUE), *PICTURES[4:], Found(b"waiting", outcome=None)],
        shard="2",
    )
    judge(store)
    return store


def run(store: Store, *arguments: str | Path) -> int:
    return main(["takedown", str(store.root), *map(str, arguments)])


def outcomes(store: Store) -> dict[str | None, int]:
    sql = "select outcome, count(*) as n from image group by 1"
    found: dict[str | None, int] = {}
    for each in store.rows(sql):
        found[each["outcome"]] = found.get(each["outcome"], 0) + each["n"]
    return found


def test_every_url_of_every_shard_that_served_it_goes(store: Store) -> None:
    assert run(store, "--url", FIRST_URL) == 0
    assert outcomes(store) == {"stored": 5, "taken_down": 2, None: 1}
    assert ONE not in store.images()
    assert not list(store.images_dir.rglob(f"{ONE}*"))
    assert examine(store) == []
    assert count(store).kept == 5


def test_a_host_takes_what_waits_and_what_its_pages_show(store: Store) -> None:
    assert run(store, "--host", "PAGES.example") == 0
    assert outcomes(store) == {"taken_down": 8}
    assert count(store).kept == 0
    assert examine(store) == []


def test_a_dry_run_lists_and_changes_nothing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(store.root.rglob("*"))
    assert run(store, "--hash", ONE.upper(), "--dry-run") == 0
    said = capsys.readouterr().out
    assert "1 images, 2 URLs would be taken down, 1 files and 3 rows of verdicts" in said
    assert f"{ONE}  {FIRST_URL}" in said
    assert set(store.root.rglob("*")) == before
    assert outcomes(store) == {"stored": 7, None: 1}


def test_what_is_not_there_is_refused_from_now_on(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(store, "--url", "https://later.example/x.jpg") == 0
    assert "matches; from now on it is refused" in capsys.readouterr().out
    make_store(store.root.parent, [Found(b"later", url="https://later.example/x.jpg")], shard="3")
    assert outcomes(store) == {"stored": 7, None: 1, "taken_down": 1}
    assert "later.example" not in store.ledger_path("3").read_bytes().decode("latin-1")


def test_done_twice_it_is_written_once(store: Store) -> None:
    for _ in range(2):
        assert run(store, "--hash", ONE) == 0
        assert run(store) == 0
    assert len(store.takedowns_path.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (["--hash", "12"], "'12' is no sha256"),
        (["--host", "https://a.example/"], "is no host: write it without http://"),
        (["--url", "a.example/x.jpg"], "is no URL: write it whole"),
        (["--like", "nothing.jpg"], "neither a file nor the sha256"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(
    store: Store, target: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(store, *target) == 2
    assert said in capsys.readouterr().err
    assert not store.takedowns_path.exists()


def test_a_file_that_is_no_picture_is_told(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    assert run(store, "--like", tmp_path / "x.jpg") == 1
    assert "no picture can be read from" in capsys.readouterr().err


# --- what must obey


def test_doctor_tells_what_is_there_again_and_a_bare_takedown_removes_it(store: Store) -> None:
    entry = Takedown("2026-11-26T00:00:00Z", "url", key_of("url", FIRST_URL), "", ())
    add_takedown(store, entry)  # as if a ledger had come from another machine
    (problem,) = examine(store)
    assert f"(URLs: 2): remove it with python -m postprocess takedown {store.root}" in problem
    assert run(store) == 0
    assert examine(store) == []
    again = json.loads(store.takedowns_path.read_text().splitlines()[-1])
    assert (again["by"], again["images"]) == ("again", [ONE])


def test_a_folder_that_is_adopted_again_does_not_bring_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "red"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    store = Store(tmp_path / "store")
    adopt = ["adopt", str(tmp_path / "photos"), str(store.root)]
    assert main(adopt) == 0
    assert run(store, "--hash", sha(jpeg(1))) == 0
    assert run(store, "--url", "adopt:///red/0.jpg") == 0
    (folder / "copy.jpg").write_bytes(jpeg(1))
    for _ in range(2):
        assert main(adopt) == 0
        assert set(store.images()) == {sha(jpeg(2))}
        assert outcomes(store) == {"stored": 1, "taken_down": 3}
        assert disagreements(count(store)) == []
        assert examine(store) == []


def test_a_rebuild_does_not_bring_it_back(store: Store) -> None:
    shutil.copy(store.ledger_path(), store.root / "before")
    assert run(store, "--hash", ONE) == 0
    shutil.copy(store.root / "before", store.ledger_path())
    (store.root / "before").unlink()
    rebuild(store)
    with closing(Ledger(store.ledger_path())) as ledger:
        (item,) = [i for i in ledger.images.due("images.example", 1.0, 99) if i.url == FIRST_URL]
        item.outcome = Outcome.TAKEN_DOWN  # as the pipeline says of its bytes
        ledger.images.finish([(item, 0.0)])
    assert examine(store) == []


def test_what_migrations_and_repairs_kept_goes_too(store: Store) -> None:
    backup = store.ledger_dir / "all.sqlite.v2"
    shutil.copy(store.ledger_path(), backup)
    (store.ledger_dir / "all-damaged-1").mkdir()
    shutil.copy(store.ledger_path(), store.ledger_dir / "all-damaged-1" / "all.sqlite")
    assert run(store, "--hash", ONE) == 0
    assert {path.name for path in store.ledger_dir.iterdir()} == {
        *("all.sqlite", "all.lock", "2.sqlite", "2.lock")
    }


def test_a_dataset_that_is_gone_or_cannot_be_made_anew_is_named(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("gone", "anothers", "fine"):
        to = str(tmp_path / name)
        main(["export", str(store.root), "--format", "folders", "--to", to])
    shutil.rmtree(tmp_path / "gone")
    (tmp_path / "anothers" / "dataset-id.txt").write_text("of another store")
    capsys.readouterr()
    assert run(store, "--hash", ONE) == 1
    said = capsys.readouterr()
    assert f"{tmp_path / 'gone'}, where a dataset was exported to, is gone" in said.out
    assert f"{tmp_path / 'fine'} was made anew" in said.out
    assert f"{tmp_path / 'anothers'} may still hold what was taken down" in said.err
    assert not list((tmp_path / "fine").rglob(f"{ONE}*"))
    assert list((tmp_path / "anothers").rglob(f"{ONE}*"))


def test_where_nothing_is_left_to_export_the_files_are_gone(store: Store, tmp_path: Path) -> None:
    main(["export", str(store.root), "--format", "folders", "--to", str(tmp_path / "d")])
    assert run(store, "--host", "images.example") == 1  # nothing can be exported any more
    assert not list((tmp_path / "d").rglob("*.jpg"))


def test_what_a_killed_export_left_goes_too(store: Store, tmp_path: Path) -> None:
    main(["export", str(store.root), "--format", "folders", "--to", str(tmp_path / "d")])
    (tmp_path / "d").rename(tmp_path / ".d.part")
    assert run(store, "--hash", ONE) == 0
    assert not list(tmp_path.rglob("*.part"))


# --- look-alikes


def test_a_file_names_its_look_alikes_in_the_store(tmp_path: Path) -> None:
    store = make_store(tmp_path, [jpeg(n) for n in range(4)])
    pipeline.run(store, [Verify()])
    (tmp_path / "mine.jpg").write_bytes(jpeg(2, 0.7, 80))
    assert run(store, "--like", tmp_path / "mine.jpg") == 0
    assert set(store.images()) == {sha(jpeg(n)) for n in (0, 1, 3)}
    entry = json.loads(store.takedowns_path.read_text())
    assert entry["key"] == sha(jpeg(2, 0.7, 80))
    assert set(entry["images"]) == {sha(jpeg(2)), entry["key"]}


def test_the_stage_rejects_look_alikes_whatever_stage_is_run(tmp_path: Path) -> None:
    store = make_store(tmp_path, [jpeg(n) for n in range(4)])
    table = with_signature(SCHEMA.empty_table(), "ab" * 32, signature(jpeg(1, 0.7)))
    write_signatures(signatures_path(store), table)
    assert main(["verify", str(store.root)]) == 0
    counts = {stage.name: stage for stage in count(store).stages}
    assert counts["taken_down"].rejected == {"taken_down": 1}
    assert sha(jpeg(1)) not in write_report(store).read_text()
    (problem,) = examine(store)
    assert "(look-alikes: 1): remove it with" in problem
    assert run(store) == 0
    assert examine(store) == []


def signature(content: bytes) -> dict[str, object]:
    return {name: row(content)[name] for name in SCHEMA.names[1:]}


def test_other_signatures_are_another_key(tmp_path: Path) -> None:
    path = tmp_path / "signatures.parquet"
    keys = set()
    for number in range(2):
        table = with_signature(SCHEMA.empty_table(), "ab" * 32, signature(jpeg(number)))
        write_signatures(path, table)
        keys.add(TakenDown(path).key())
    assert len(keys) == 2


def test_copies_are_alike_and_other_pictures_are_not() -> None:
    rows = [signature(jpeg(n, scale)) | {"id": bytes(32)} for n in range(6) for scale in (1.0, 0.6)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    for number in range(6):
        one = with_signature(SCHEMA.empty_table(), "ab" * 32, signature(jpeg(number, 0.8)))
        assert alike(table, one).nonzero()[0].tolist() == [2 * number, 2 * number + 1]
    assert not alike(table, SCHEMA.empty_table()).any()
