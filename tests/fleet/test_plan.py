"""Which shard goes where, and when it is done: hosts that a test leads, claims in a folder."""

from pathlib import Path

import pytest

from carscrape.fleet.hosts import HostError
from carscrape.remote.claims import Shard, plan_of
from carscrape.remote.objects import Objects
from tests.crawling import DemoWeb, crawl, recipe
from tests.fleet.stand_in import NO_PROJECT, Fleet, stand_ins, wrote

DONE = {"reason": "finished", "exit_code": 0}
KILLED = {"reason": None, "exit_code": None}


def test_done_is_what_was_asked_and_nothing_else(tmp_path: Path, demo_web: DemoWeb) -> None:
    remote = tmp_path / "remote"
    given = {"demo_port": str(demo_web(faults="none").port), "limit": "1"}
    given["recipe"] = recipe(tmp_path, "red ford", "blue ford").removeprefix("recipe=")
    asked = [f"{name}={value}" for name, value in {**given, "shard": "1/1"}.items()]
    settings = (f"REMOTE_STORE={remote.as_uri()}",)
    code, output = crawl("image_search", tmp_path / "store", *asked, settings=settings)
    assert code == 0, output

    with stand_ins(1) as hosts:
        done = Fleet(remote, hosts, 1, **given)
        assert (done.plan.is_over, done.plan.exit_code, hosts[0].taken) == (True, 0, [])
        del given["limit"]
        assert not Fleet(remote, hosts, 1, **given).plan.is_over
        assert hosts[0].taken[0]["shard"] == "1/1"
        hosts[0].jobs.clear()
        given["limit"] = "1"
        assert not Fleet(remote, hosts, 1, "hitcounts", **given).plan.is_over
        assert hosts[0].taken[1]["spider"] == "hitcounts"


def test_an_end_that_was_not_saved_is_none(tmp_path: Path) -> None:
    shard = Shard(Objects(tmp_path.as_uri()), "1-of-1")
    wrote(shard, plan=plan_of("image_search", {}), **DONE)
    shard.renew(shard.lay("of one that was killed", 60), 0)
    with stand_ins(1) as hosts:
        assert not Fleet(tmp_path, hosts, 1).plan.is_over
        assert hosts[0].shards() == ["1-of-1"]


def test_another_plan_s_job_is_waited_for_and_not_blamed(tmp_path: Path) -> None:
    with stand_ins(1) as hosts:
        other = Fleet(tmp_path, hosts, 1, limit="2")
        mine = Fleet(tmp_path, hosts, 1)
        assert len(hosts[0].taken) == 1
        other.ended(hosts[0], "1-of-1", **DONE)
        mine.plan.look()
        assert len(hosts[0].taken) == 2
        assert not [line for line in mine.said if "did not end well" in line]
        mine.ended(hosts[0], "1-of-1", **DONE)
        mine.plan.look()
        assert (mine.plan.is_over, mine.plan.exit_code) == (True, 0)


@pytest.mark.parametrize("wrong", [NO_PROJECT, (401, ""), (404, "<html>"), (200, "[]")])
def test_a_host_that_answers_wrongly_in_the_middle(tmp_path: Path, wrong: tuple[int, str]) -> None:
    with stand_ins(2) as hosts:
        fleet = Fleet(tmp_path, hosts, 3, dead_after=0)
        bad, good = hosts
        (lost,) = bad.shards()
        bad.wrong = {"listjobs": wrong}
        for _ in range(4):
            for shard in good.shards():
                fleet.ended(good, shard, **DONE)
            fleet.plan.look()
        assert (fleet.plan.is_over, fleet.plan.exit_code) == (True, 0)
        assert f"{bad.url} has been of no use for 0 s; its shards: {lost}" in fleet.said
        assert f"{lost} goes to {good.url}" in fleet.said
        assert len([line for line in fleet.said if line.startswith(f"{bad.url}: ")]) == 1
        bad.wrong = {"listjobs": (500, "")}
        fleet.plan.look()
        assert f"{bad.url}: it is no Scrapyd: it answers with status code 500" in fleet.said
        assert fleet.plan.hosts[0].is_dead


def test_a_lost_host_s_shard_is_left_to_its_crawl_until_its_lease_has_passed(
    tmp_path: Path,
) -> None:
    with stand_ins(2) as hosts:
        fleet = Fleet(tmp_path, hosts, 1, dead_after=0)
        bad, good = hosts
        shard = Shard(fleet.objects, "1-of-1")
        claim = shard.lay("a node", 60)
        bad.wrong = {"listjobs": NO_PROJECT}
        fleet.plan.look()
        assert not good.taken
        shard.renew(claim, 0)
        fleet.plan.look()
        assert good.shards() == ["1-of-1"]


def test_a_host_that_takes_no_job(tmp_path: Path) -> None:
    refusal = (200, '{"status": "error", "message": "spider not found"}')
    with stand_ins(2) as hosts:
        hosts[0].wrong = {"schedule": refusal}
        fleet = Fleet(tmp_path, hosts, 2, dead_after=0)
        bad, good = hosts
        fleet.ended(good, *good.shards(), **DONE)
        fleet.plan.look()
        fleet.ended(good, *good.shards(), **DONE)
        fleet.plan.look()
        assert (fleet.plan.is_over, fleet.plan.exit_code) == (True, 0)
        assert len([line for line in fleet.said if line.startswith(f"{bad.url}: ")]) == 1
        assert [host.is_dead for host in fleet.plan.hosts] == [True, False]


def test_a_host_that_took_none_is_asked_again_where_no_other_is_free(tmp_path: Path) -> None:
    with stand_ins(1) as hosts:
        hosts[0].wrong = {"schedule": NO_PROJECT}
        fleet = Fleet(tmp_path, hosts, 1)
        fleet.plan.look()
        hosts[0].wrong = {}
        fleet.plan.look()
        assert hosts[0].shards() == ["1-of-1"]
        fleet.plan.look()
        assert fleet.said[-1] == f"{hosts[0].url}: of use again"


def test_a_host_that_ends_every_job_at_once_swallows_no_shard(tmp_path: Path) -> None:
    with stand_ins(2) as hosts:
        fleet = Fleet(tmp_path, hosts, 6)
        bad, good = hosts
        seen: list[str] = []  # at the look before: the good one takes longer
        for _ in range(40):
            for shard in bad.shards():
                fleet.ended(bad, shard)
            for shard in set(good.shards()).intersection(seen):
                fleet.ended(good, shard, **DONE)
            seen = good.shards()
            fleet.plan.look()
        assert (fleet.plan.is_over, fleet.plan.exit_code) == (True, 0), fleet.said
        tries = [job["shard"] for job in bad.taken]
        assert sorted(tries) == sorted(set(tries))


@pytest.mark.parametrize("counted", ["stored", "answered"])
def test_failures_are_counted_anew_where_it_went_on(tmp_path: Path, counted: str) -> None:
    with stand_ins(1) as hosts:
        fleet = Fleet(tmp_path, hosts, 1)
        for number in (1, 2, 3, 4, 4):
            fleet.ended(hosts[0], "1-of-1", **KILLED, **{counted: number})
            fleet.plan.look()
        assert not fleet.plan.is_over
        fleet.ended(hosts[0], "1-of-1", **KILLED, **{counted: 4})
        fleet.plan.look()
        assert (fleet.plan.is_over, fleet.plan.exit_code) == (True, 1)


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (404, "<html>", "it is no Scrapyd: it answers with status code 404"),
        (200, "<html>", "it is no Scrapyd: it answers with status code 200"),
        (200, "[]", "it is no Scrapyd: it answers with status code 200"),
        (200, '{"status": "ok"}', "it is no Scrapyd: its answer cannot be read"),
        (200, '{"status": "ok", "pending": [{"id": 1}]}', "its answer cannot be read"),
        (200, '{"status": "ok", "pending": 1}', "its answer cannot be read"),
        (200, '{"status": "error", "message": "Traceback\\nno project"}', "no project: deploy"),
        (401, "", "it refuses us: give SCRAPYD_USERNAME and SCRAPYD_PASSWORD"),
    ],
)
def test_what_is_no_scrapyd_is_told_at_the_first_look(
    tmp_path: Path, status: int, text: str, expected: str
) -> None:
    with stand_ins(1) as hosts:
        hosts[0].wrong = {"listjobs": (status, text)}
        with pytest.raises(HostError) as caught:
            Fleet(tmp_path, hosts, 1)
        assert str(caught.value).startswith(f"{hosts[0].url}: ")
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_host_without_tls_where_it_is_asked_for(tmp_path: Path) -> None:
    with stand_ins(1) as hosts:
        hosts[0].url = hosts[0].url.replace("http:", "https:")
        with pytest.raises(HostError, match=r"^https://127\.0\.0\.1:\d+: .*SSL"):
            Fleet(tmp_path, hosts, 1)


@pytest.mark.parametrize("text", ["[]", '{"status": "ok"}', '"no"'])
def test_a_strange_answer_to_a_job(tmp_path: Path, text: str) -> None:
    with stand_ins(1) as hosts:
        hosts[0].wrong = {"schedule": (200, text)}
        fleet = Fleet(tmp_path, hosts, 1)
        fleet.plan.look()
        (line,) = fleet.said
        assert line.startswith(f"{hosts[0].url}: it is no Scrapyd: it")
