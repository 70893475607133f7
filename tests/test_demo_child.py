import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from scrapy.settings import Settings

from carscrape.demo import child
from carscrape.demo.child import DemoError, DemoWeb
from carscrape.ledger import Ledger

Stand = Callable[[str], None]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "all.sqlite")) as opened:
        yield opened


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """A function that puts a shell script where the demo web would be started."""

    def put(lines: str) -> None:
        script = tmp_path / "stand_in"
        script.write_text(f"#!/bin/sh\n{lines}\n")
        script.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(script))

    return put


def test_options_and_port_hold_for_ever(ledger: Ledger) -> None:
    first = DemoWeb.open(ledger, Settings({"DEMO_SEED": 5}), None)
    with urlopen(f"http://127.0.0.1:{first.port}/_asked") as answer:
        assert answer.status == 200
    first.close()
    again = DemoWeb.open(ledger, Settings({"DEMO_SEED": 6}), None)
    again.close()
    assert again.port == first.port
    assert ledger.note("demo_seed") == "5"
    assert again.process
    assert again.process.returncode == 0


def test_moods_are_an_option_too(ledger: Ledger) -> None:
    web = DemoWeb.open(ledger, Settings({"DEMO_MOODS": "demo=accepted:1"}), None)
    with urlopen(f"http://127.0.0.1:{web.port}/api/images?q=car") as answer:
        assert answer.status == 202
    web.close()


def test_a_mistyped_option_is_one_line_and_spoils_nothing(ledger: Ledger) -> None:
    with pytest.raises(DemoError, match="--seed: invalid int value: 'abc'") as caught:
        DemoWeb.open(ledger, Settings({"DEMO_SEED": "abc"}), None)
    assert "\n" not in str(caught.value)
    assert ledger.note("demo_seed") is None
    DemoWeb.open(ledger, Settings({"DEMO_SEED": "8"}), None).close()
    assert ledger.note("demo_seed") == "8"


def test_a_taken_port_says_what_to_do(ledger: Ledger) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ledger.note("demo_port", str(port))
        with pytest.raises(DemoError) as caught:
            DemoWeb.open(ledger, Settings(), None)
    assert str(caught.value) == (
        f"port {port} of this store's demo web is taken: end the program that holds it"
    )


def test_a_given_port_is_noted_and_no_other_is_accepted(ledger: Ledger) -> None:
    assert DemoWeb.open(ledger, Settings(), 8001).process is None
    assert ledger.note("demo_port") == "8001"
    assert DemoWeb.open(ledger, Settings(), 8001).port == 8001
    with pytest.raises(DemoError, match="demo_port=8001, not 8002"):
        DemoWeb.open(ledger, Settings(), 8002)
    assert ledger.note("demo_port") == "8001"


def test_complaints_do_not_stop_the_web(ledger: Ledger, stand_in: Stand) -> None:
    stand_in("head -c 300000 /dev/zero >&2; echo demo web on http://127.0.0.1:8003; cat")
    demo = DemoWeb.open(ledger, Settings(), None)
    demo.close()
    assert demo.port == 8003
    assert os.path.getsize(ledger.path.with_suffix(".demo.log")) == 300000


def test_a_web_that_says_nothing_is_given_up(
    ledger: Ledger, stand_in: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("cat")
    monkeypatch.setattr(child, "_START_SECONDS", 0.1)
    with pytest.raises(DemoError, match="did not serve within"):
        DemoWeb.open(ledger, Settings(), None)
    assert ledger.note("demo_port") is None


def test_a_web_that_ends_without_a_word(ledger: Ledger, stand_in: Stand) -> None:
    stand_in("exit 1")
    with pytest.raises(DemoError, match="ended before it served"):
        DemoWeb.open(ledger, Settings(), None)


def test_a_web_that_does_not_end_is_killed(
    ledger: Ledger, stand_in: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("echo demo web on http://127.0.0.1:8004; exec tail -f /dev/null")
    monkeypatch.setattr(child, "_END_SECONDS", 0.1)
    demo = DemoWeb.open(ledger, Settings(), None)
    demo.close()
    assert demo.process
    assert demo.process.returncode == -signal.SIGKILL
