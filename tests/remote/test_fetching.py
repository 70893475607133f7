"""A store is brought from where other things lie too, and what cannot be is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carscrape.ledger import Ledger
from carscrape.recipe import load
from carscrape.remote.fetching import fetch
from carscrape.remote.keeper import Keeper
from carscrape.remote.objects import Objects, RemoteError
from carscrape.store import Store, WriteError
from tests import tiny_recipe
from tests.object_store import s3_server
from tests.surviving import files_in


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with s3_server():
        yield "s3://bucket"


@pytest.fixture(params=["folder", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where nothing lies yet."""
    if request.param == "bucket":
        return f"{request.getfixturevalue('bucket')}/{tmp_path.name}"
    return f"file://{tmp_path / 'remote'}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "remote"


def crawled(url: str, root: Path) -> Store:
    """A store that was crawled a little further, and saved."""
    store = Store(root)
    store.create()
    recipe = load(tiny_recipe.write(root))
    recipe.save(root)
    keeper = Keeper(url, store, "all", 60)
    keeper.take()
    keeper.save_recipe(recipe.files)
    ledger = Ledger(store.ledger_path())
    keeper.mark(ledger)
    ledger.start_run("image_search", {}, {})
    ledger.close()
    keeper.save()
    keeper.give_up()
    return store


def test_what_lies_beside_a_store_stays_there(url: str, tmp_path: Path) -> None:
    store = crawled(url, tmp_path / "store")
    objects = Objects(url)
    for name in ("otherproject/a.txt", "big.bin", "another.csv", "ledger/notes.txt"):
        objects.write(name, b"of others")
    fetched = Store(tmp_path / "fetched")
    assert fetch(url, fetched) == (1, 0)
    assert load(fetched.recipe_path) == load(store.recipe_path)
    assert files_in(fetched.root) == {}
    brought = {path.relative_to(fetched.root).as_posix() for path in fetched.root.rglob("*.*")}
    assert brought == {"recipe.toml", "tiny.csv", "ledger/all.sqlite", "ledger/all.lock"}


def test_a_bucket_that_is_not_there(bucket: str, tmp_path: Path) -> None:
    missing = f"{bucket}-of-nobody/x"
    told = f"cannot use the remote store {missing}: The specified bucket does not exist"
    with pytest.raises(RemoteError, match=f"^{told}$"):
        fetch(missing, Store(tmp_path / "fetched"))
    objects = Objects(missing)
    for reach in (objects.names, objects.below, objects.read, objects.delete):
        with pytest.raises(RemoteError, match=told):
            reach("a")


def test_a_place_where_nothing_lies_yet(url: str, tmp_path: Path) -> None:
    objects = Objects(url)
    assert (objects.names("a"), objects.below("a"), objects.read("a")) == ([], [], None)
    objects.delete("a")
    store = Store(tmp_path / "store")
    store.create()
    for _ in range(2):
        with pytest.raises(RemoteError, match="holds no store: no ledger was saved there yet"):
            fetch(url, Store(tmp_path / "fetched"))
        Keeper(url, store, "all", 60).take()  # a claim is no ledger


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    damaged = {"empty": b"", "torn": content[: len(content) // 2], "foreign": b"<html>" * 999}
    path.write_bytes(damaged[how])


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("empty", "no such table: note"),
        ("torn", "database disk image is malformed"),
        ("foreign", "file is not a database"),
    ],
)
def test_a_damaged_ledger_is_named_with_what_helps(
    tmp_path: Path, folder: Path, how: str, why: str
) -> None:
    url, first = f"file://{folder}", tmp_path / "first"
    crawled(url, first)
    name = "ledger/all/000001.sqlite"
    damage(folder / name, how)
    told = (
        rf"^the ledger {url}/{name} is damaged \({why}\): crawl again in [^ ]+:{first}, which "
        "saves a whole one; if that is lost, delete this object, and the next crawl begins "
        "this shard anew$"
    )
    with pytest.raises(RemoteError, match=told):
        fetch(url, Store(tmp_path / "fetched"))
    elsewhere = Store(tmp_path / "elsewhere")
    elsewhere.create()
    keeper = Keeper(url, elsewhere, "all", 60)
    with pytest.raises(RemoteError, match=told):
        keeper.take()
    keeper.give_up()
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".fetched", ".part")]
    crawled(url, first)  # as it was told
    assert fetch(url, Store(tmp_path / "fetched")) == (1, 0)


def test_a_damaged_ledger_may_have_an_older_one_beside_it(tmp_path: Path, folder: Path) -> None:
    url = f"file://{folder}"
    crawled(url, tmp_path / "store")
    damaged = folder / "ledger/all/000002.sqlite"  # a kill left what was saved before
    damaged.write_bytes(b"")
    told = r"the machine that saved it, .* the next crawl goes on from 000001\.sqlite$"
    for claim in (b"", b"[]", b"{}"):  # of which the writer cannot be told
        damaged.with_suffix(".json").write_bytes(claim)
        with pytest.raises(RemoteError, match=told):
            fetch(url, Store(tmp_path / "fetched"))
    damaged.with_suffix(".json").unlink()
    damaged.unlink()  # as it was told
    assert fetch(url, Store(tmp_path / "fetched")) == (1, 0)
    crawled(url, tmp_path / "other")


def test_a_ledger_that_cannot_be_written_here(tmp_path: Path, folder: Path) -> None:
    url, fetched = f"file://{folder}", Store(tmp_path / "fetched")
    crawled(url, tmp_path / "store")
    fetched.create()
    fetched.ledger_path().symlink_to(tmp_path / "nowhere" / "all.sqlite")
    with pytest.raises(WriteError, match=r"^cannot copy the ledger .*: unable to open database"):
        fetch(url, fetched)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name = \xff", "not valid TOML: "),
        (b"<html>", "not valid TOML: "),
        (b"", "name: missing, expected a string"),
    ],
)
def test_a_damaged_recipe_is_named_with_what_helps(
    tmp_path: Path, folder: Path, content: bytes, why: str
) -> None:
    url = f"file://{folder}"
    crawled(url, tmp_path / "store")
    (folder / "recipe.toml").write_bytes(content)
    told = f"^{url}/recipe.toml: {why}.*; delete this object, and the next crawl saves it anew$"
    with pytest.raises(RemoteError, match=told):
        fetch(url, Store(tmp_path / "fetched"))
    with pytest.raises(RemoteError, match=told):
        crawled(url, tmp_path / "other")
    (folder / "recipe.toml").unlink()  # as it was told
    crawled(url, tmp_path / "other")
    assert fetch(url, Store(tmp_path / "fetched")) == (1, 0)
    assert load(tmp_path / "fetched" / "recipe.toml").name == "tiny"
