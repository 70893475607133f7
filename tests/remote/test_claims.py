"""A shard has one writer, and what a lost one writes later counts no more."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carscrape.remote.claims import Shard
from carscrape.remote.objects import Objects, RemoteError


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


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(RemoteError, match=f"cannot use the remote store file://{tmp_path}: "):
        shard(tmp_path).lay("one", 60)
    with pytest.raises(RemoteError, match=r"cannot use the remote store nothing://x: "):
        Objects("nothing://x")
