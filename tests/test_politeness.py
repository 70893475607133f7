"""What hosts see of a crawl: how often, how many at once, how far apart, and by whom."""

import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from carscrape.manners import LONGEST_PAUSE
from tests.conftest import ROOT
from tests.crawling import assert_quiet, command, crawl, output_at_its_end, recipe, rows
from tests.polite_web import ALLOWED, BUSY, DEAD, LARGE, OPT_OUTS
from tests.wire import Ask, Running, running


@pytest.fixture
def web() -> Iterator[Running]:
    with running("polite_web") as web:
        yield web


def ended(folder: Path) -> dict[str, tuple[str, int, bool]]:
    """Path of an image -> outcome, tries, whether it is final."""
    found = rows(folder / "s", "select url, outcome, tries, final from image")
    return {
        f"/{url.split('/', 3)[3]}": (how, tries, bool(final)) for url, how, tries, final in found
    }


def gaps(web: Running, path: str) -> list[float]:
    """Seconds between the requests for one path."""
    times = [ask.at for ask in web.asks(path)]
    return [later - earlier for earlier, later in pairwise(times)]


# --- pauses


@pytest.mark.accepts("D01")
def test_retry_after_holds_the_host(tmp_path: Path, web: Running) -> None:
    words = recipe(tmp_path, "pause")
    settings = ("RETRY_DELAY=0.4",)
    began = time.time()
    code, output = crawl("image_search", tmp_path / "s", words, web.argument, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    ends = ended(tmp_path)
    assert ends.pop("/pause/decade") == ("throttled", 0, False)
    assert set(ends.values()) == {("stored", 1, True)}  # being told to wait was no try
    least = {"seconds": 1.0, "date": 1.0, "garbage": 0.2, "negative": 0.2}
    for case, seconds in least.items():
        (gap,) = gaps(web, f"/pause/{case}")
        assert gap >= seconds - 0.01, case
    assert len(web.asks("/pause/decade")) == 1
    ((until,),) = rows(tmp_path / "s", "select not_before from image where final = 0")
    assert began + LONGEST_PAUSE <= until <= time.time() + LONGEST_PAUSE


@pytest.mark.accepts("D01", "D03")
def test_a_pause_outlives_the_run(tmp_path: Path, web: Running) -> None:
    words = recipe(tmp_path, "pause later", "page later")
    asked = ("image_search", tmp_path / "s", words, web.argument)
    paths = ["/pause/later", "/api/images?q=page+later&offset=0"]
    with subprocess.Popen(command(*asked), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not all(web.asks(path) for path in paths):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        output = output_at_its_end(process)
    assert_quiet(output)
    _, output = crawl(*asked)
    assert ended(tmp_path)["/pause/later"] == ("stored", 1, True), output
    for path in paths:
        (gap,) = gaps(web, path)
        assert gap >= 3.0 - 0.01, path


@pytest.mark.accepts("D01", "F02")
@pytest.mark.parametrize(("case", "least"), [("seconds", 1.0), ("date", 1.0), ("garbage", 0.2)])
def test_retry_after_holds_the_engine(
    tmp_path: Path, web: Running, case: str, least: float
) -> None:
    settings = ("RETRY_DELAY=0.4",)
    words = recipe(tmp_path, f"page {case}")
    code, output = crawl("image_search", tmp_path / "s", words, web.argument, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    (gap,) = gaps(web, f"/api/images?q=page+{case}&offset=0")
    assert gap >= least - 0.01


@pytest.mark.accepts("D01", "D03")
def test_an_engine_that_asks_for_a_decade_gets_an_hour(tmp_path: Path, web: Running) -> None:
    asked = ("image_search", tmp_path / "s", recipe(tmp_path, "page decade"), web.argument)
    for _ in range(2):
        began = time.time()
        code, output = crawl(*asked)
        assert code == 1
        assert "demo: 1 pages are not asked yet; run again after" in output
        ((until, tries),) = rows(tmp_path / "s", "select not_before, tries from page")
        assert until <= time.time() + LONGEST_PAUSE
        assert tries == 0
        assert rows(tmp_path / "s", "select not_before from host") == [(until,)]
    assert until < began + LONGEST_PAUSE  # as the first run was told
    assert crawl(*asked, faults=("clock=3700",))[0] == 0
    assert len(web.asks("/api/images?q=page+decade&offset=0")) == 2


@pytest.mark.accepts("D02")
def test_a_server_error_is_asked_three_times_at_growing_pauses(
    tmp_path: Path, web: Running
) -> None:
    words = recipe(tmp_path, "fail")
    settings = ("RETRY_DELAY=0.4",)
    code, output = crawl("image_search", tmp_path / "s", words, web.argument, settings=settings)
    assert code == 0, output
    assert ended(tmp_path) == {
        "/fail/twice": ("stored", 3, True),
        "/fail/thrice": ("server_error", 3, True),
    }
    for case in ("twice", "thrice"):
        first, second = gaps(web, f"/fail/{case}")
        assert first >= 0.2 - 0.01
        assert second >= 0.4 - 0.01


# --- those who say no


@pytest.mark.accepts("D04")
def test_robots_txt_in_every_state(tmp_path: Path, web: Running) -> None:
    words = recipe(tmp_path, "rules")
    settings = ("DOWNLOAD_TIMEOUT=1",)
    code, output = crawl("image_search", tmp_path / "s", words, web.argument, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    ends = {path.split("/")[1]: how for path, (how, _, _) in ended(tmp_path).items()}
    allowed = ("elsewhere", "missing", "locked", "forbidden", "hops")
    assert ends == {
        **dict.fromkeys(allowed, "stored"),
        **dict.fromkeys(("disallowed", "named", "bom"), "robots"),
        **dict.fromkeys(("broken", "unavailable"), "server_error"),
        "silent": "timeout",
    }
    asked = {ask.path.split("/")[1] for ask in web.record() if ask.path.endswith("/x")}
    assert asked == set(allowed)


@pytest.mark.accepts("D05")
def test_an_opt_out_is_obeyed_and_its_body_not_read(tmp_path: Path, web: Running) -> None:
    words = recipe(tmp_path, "opt")
    code, output = crawl("image_search", tmp_path / "s", words, web.argument)
    assert code == 0, output
    assert_quiet(output)
    assert ended(tmp_path) == {
        **{f"/opt/{case}": ("opted_out", 1, True) for case in OPT_OUTS},
        **{f"/opt/{case}": ("stored", 1, True) for case in ALLOWED},
    }
    for case in OPT_OUTS:
        (ask,) = web.asks(f"/opt/{case}")
        # What was under way in the buffers of the system may have been sent, and no more.
        assert ask.sent < LARGE / 2, case


# --- how much at once


def crowd(folder: Path, web: Running, *settings: str) -> list[Ask]:
    """What a host saw of 1,000 images, some of them by way of others, and of its robots.txt."""
    words = recipe(folder, *(f"crowd {n}" for n in range(10)))
    arguments = (words, web.argument, "per_query=100")
    code, output = crawl("image_search", folder / "s", *arguments, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    assert {how for how, _, _ in ended(folder).values()} == {"stored"}
    asks = [ask for ask in web.record() if ask.host == BUSY]
    assert len(asks) == 1001
    return asks


@pytest.mark.accepts("D06")
def test_never_more_at_once_than_the_limit(tmp_path: Path, web: Running) -> None:
    asks = crowd(tmp_path, web, "CONCURRENT_REQUESTS_PER_DOMAIN=8")
    assert max(ask.open for ask in asks) == 8


@pytest.mark.accepts("D06")
def test_the_gap_holds_in_every_part_of_a_burst(tmp_path: Path, web: Running) -> None:
    asks = crowd(tmp_path, web, "CONCURRENT_REQUESTS_PER_DOMAIN=32", "DOWNLOAD_DELAY=0.01")
    for first, last in zip(asks, asks[99:], strict=False):
        # Scrapy's delay jitters by half.
        assert last.at - first.at >= 99 * 0.5 * 0.01 - 0.05


@pytest.mark.accepts("D06")
def test_no_gap_at_all_is_refused(tmp_path: Path) -> None:
    code, output = crawl("image_search", tmp_path / "s", settings=("DOWNLOAD_DELAY=0",))
    assert code == 2
    assert "setting DOWNLOAD_DELAY: expected seconds from 0.001, got '0'" in output


@pytest.mark.accepts("D09")
def test_a_dead_host_is_given_up_and_the_others_go_on(tmp_path: Path, web: Running) -> None:
    words = recipe(tmp_path, *(f"dead {n}" for n in range(10)))
    arguments = (words, web.argument, "per_query=600")
    settings = ("ROBOTSTXT_OBEY=False",)
    code, output = crawl("image_search", tmp_path / "s", *arguments, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    found = ended(tmp_path)
    live = {path: how for path, how in found.items() if path.startswith("/live")}
    assert len(live) == 50
    assert set(live.values()) == {("stored", 1, True)}
    dead = [how for path, how in found.items() if path not in live]
    assert len(dead) == 5000
    down = ("host_down", 1, False)
    assert dead.count(down) >= 5000 - 8
    assert not any(final for _, _, final in dead)
    # Five failures, and what was under way with them; each may be tried on a fresh connection.
    assert 5 <= len([ask for ask in web.record() if ask.host == DEAD]) <= 8


# --- who asks


@pytest.mark.accepts("D07")
@pytest.mark.parametrize(
    ("settings", "contact"),
    [((), "no contact given"), (("CONTACT=mailto:me@example.org",), "mailto:me@example.org")],
)
def test_the_user_agent_is_honest(
    tmp_path: Path, web: Running, settings: tuple[str, ...], contact: str
) -> None:
    words = recipe(tmp_path, "crowd 1")
    crawl("image_search", tmp_path / "s", words, web.argument, settings=settings)
    agents = {ask.agent for ask in web.record()}
    assert agents == {f"carscrape/0.1 (image dataset crawler; {contact})"}
    (agent,) = agents
    assert not any(word in agent.lower() for word in ("mozilla", "chrome", "webkit"))


@pytest.mark.accepts("D07")
def test_a_crawl_without_a_contact_reminds_once(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("{}")  # no name resolves: nothing is asked
    settings = ("CONTACT=", "RETRY_DELAY=0.01")
    more = {"settings": settings, "faults": (f"names={names}",)}
    _, output = crawl("image_search", tmp_path / "s", "engines=bing", "limit=1", **more)
    assert output.count("nobody can reach you") == 1
    more["settings"] = (*settings, "CONTACT=mailto:me@example.org")
    _, output = crawl("image_search", tmp_path / "t", "engines=bing", "limit=1", **more)
    assert "nobody can reach you" not in output
