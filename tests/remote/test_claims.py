"""A shard has one writer, and what a lost one writes later counts no more."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from carscrape.remote.claims import Shard, plan_of
from carscrape.remote.objects import Objects, RemoteError
from tests.crawling import crawl


def shard(folder: Path) -> Shard:
    return Shard(Objects(f"file://{folder}"), "1-of-2")


def test_a_held_shard_is_refused_to_others(tmp_path: Path) -> None:
    shard(tmp_path).lay("one", 60)
    with pytest.raises(RemoteError, match=r"is being written by one: wait .* (59|60) seconds"):
        shard(tmp_path).lay("another", 60)
    assert shard(tmp_path).lay("one", 60).number == 2  # whose earlier crawl is dead


def test_a_shard_that_was_given_up_or_lost_is_free(tmp_path: Path) -> None:
    mine = shard(tmp_path)
    first = mine.lay("one", 60)
    mine.renew(first, 0)
    assert shard(tmp_path).lay("another", 0.0).number == 2
    assert shard(tmp_path).lay("a third", 60).number == 3


def test_of_many_at_once_one_gets_the_shard(tmp_path: Path) -> None:
    def lay(node: int) -> bool:
        try:
            return bool(shard(tmp_path).lay(str(node), 60))
        except RemoteError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lay, range(8))) == 1


def test_a_lost_writer_finds_out(tmp_path: Path) -> None:
    mine = shard(tmp_path)
    first = mine.lay("one", 0.0)
    shard(tmp_path).lay("another", 60)
    with pytest.raises(RemoteError, match="was taken over by another"):
        mine.renew(first, 60)


def test_a_new_claim_keeps_the_counts_and_not_the_end(tmp_path: Path) -> None:
    mine = shard(tmp_path)
    ended = replace(mine.lay("one", 60), stored=7, plan="p", reason="finished", exit_code=0)
    assert mine.renew(ended, 0).has_done("p")
    assert not mine.renew(ended, 0).has_done("another")
    laid = mine.lay("another", 60)
    assert (laid.stored, laid.reason, laid.exit_code) == (7, None, None)
    assert mine.newest() == laid


def test_which_arguments_make_another_plan() -> None:
    mine = plan_of("image_search", {"limit": "2", "recipe": "cars"})
    others = {"recipe": "cars", "limit": "2", "shard": "3/8", "_job": "x"}
    assert plan_of("image_search", others) == mine
    assert plan_of("hitcounts", others) != mine
    assert plan_of("image_search", {**others, "limit": "3"}) != mine
    assert plan_of("image_search", {"recipe": "cars"}) != mine


def claim_file(folder: Path, content: str) -> Path:
    path = folder / "ledger" / "1-of-2" / "000003.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    return path


@pytest.mark.parametrize("more", ['"spider": "image_search"', '"of a later version": [1]'])
def test_claims_of_other_versions_are_read(tmp_path: Path, more: str) -> None:
    told = '"reason": "finished", "exit_code": 0, "stored": 5'
    claim_file(tmp_path, f'{{"number": 3, "node": "one", "until": 0, {told}, {more}}}')
    held = shard(tmp_path).newest()
    assert held
    assert (held.number, held.stored, held.has_done("p")) == (3, 5, False)
    assert shard(tmp_path).lay("another", 60).number == 4


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "\0\0", '{"number": 3}', '{"number": "3", "node": "", "until": 0}']
)
def test_a_damaged_claim_is_named(tmp_path: Path, content: str) -> None:
    path = claim_file(tmp_path, content)
    with pytest.raises(RemoteError) as caught:
        shard(tmp_path).lay("one", 60)
    assert f"the claim {path.as_uri()} is damaged" in str(caught.value)
    assert "delete it when no crawl writes 1-of-2" in str(caught.value)
    assert "\n" not in str(caught.value)
    path.unlink()
    assert shard(tmp_path).lay("one", 60).number == 1


def test_a_crawl_names_a_damaged_claim(tmp_path: Path) -> None:
    path = claim_file(tmp_path, "{")
    settings = (f"REMOTE_STORE={tmp_path.as_uri()}",)
    code, output = crawl("image_search", tmp_path / "store", "shard=1/2", settings=settings)
    assert (code, f"the claim {path.as_uri()} is damaged" in output) == (74, True), output
    assert "Traceback" not in output


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(RemoteError, match=f"cannot use the remote store file://{tmp_path}: "):
        shard(tmp_path).lay("one", 60)
    with pytest.raises(RemoteError, match=r"cannot use the remote store nothing://x: "):
        Objects("nothing://x")
