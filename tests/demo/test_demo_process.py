import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from demo_client import all_images, fetch

from carscrape.demo.__main__ import main
from carscrape.demo.web import HOSTS, addresses


def run(*arguments):
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "carscrape.demo", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_same_bytes_after_a_restart(demo_web):
    first = demo_web(faults="none", seed=3)
    images = all_images(first.base, "blue van")[:20]
    bodies = [fetch(url).body for url in images]
    first.kill()
    again = demo_web(faults="none", seed=3, port=first.port)
    assert all_images(again.base, "blue van")[:20] == images
    assert [fetch(url).body for url in images] == bodies
    other = demo_web(faults="none", seed=4)
    moved = [url.replace(str(first.port), str(other.port)) for url in images]
    assert not set(bodies) & {fetch(url).body for url in moved}


def test_every_url_has_bytes_of_its_own(demo_web):
    urls = all_images(demo_web(faults="none").base, "red car")[:200]
    assert len({fetch(url).body for url in urls}) == 200


def test_counts_survive_kill(demo_web, tmp_path):
    state = tmp_path / "asked"
    demo = demo_web(faults="none", state=state)
    for _ in range(3):
        fetch(f"{demo.base}/img/red_car/1.jpg")
    assert fetch(f"{demo.base}/search?q=throttleonce").status == 429
    demo.kill()
    again = demo_web(faults="none", state=state, port=demo.port)
    assert again.asked() == {"/img/red_car/1.jpg": 3, "/search?q=throttleonce": 1}
    assert fetch(f"{again.base}/search?q=throttleonce").status == 200


def test_counting_goes_on_after_a_torn_line(demo_web, tmp_path):
    state = tmp_path / "asked"
    state.write_text("/a\n/a\n/tor")
    assert demo_web(state=state).asked() == {"/a": 2}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_quietly_though_someone_is_served(demo_web, number):
    demo = demo_web(faults="hostile")
    with socket.create_connection(("127.0.0.1", demo.port)):
        os.kill(demo.process.pid, number)
        assert demo.process.wait(30) == 0


def test_ends_with_its_parent():
    """A parent that is killed closes its end of the pipe, and can do nothing else."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys\n"
            "demo = [sys.executable, '-m', 'carscrape.demo']\n"
            "subprocess.Popen(demo, stdin=subprocess.PIPE).wait()",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    port = int(parent.stdout.readline().rpartition(":")[2])
    fetch(f"http://127.0.0.1:{port}/_asked")
    parent.kill()
    # The child holds the other end of our pipe, so its end is the end of this file.
    assert parent.communicate(timeout=30) == ("", None)
    with pytest.raises(ConnectionRefusedError):
        fetch(f"http://127.0.0.1:{port}/_asked")


def test_port_taken(demo_web):
    demo = demo_web()
    second = run("--port", demo.port)
    assert (second.returncode, second.stdout) == (2, "")
    assert re.fullmatch(
        rf"demo web: cannot listen on 127.0.0.1:{demo.port}: .*; choose another --port\n",
        second.stderr,
    )


def test_port_taken_at_one_address_only(capsys):
    with socket.create_server((HOSTS[3], 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"{HOSTS[3]}:{port}" in capsys.readouterr().err


def test_wrong_usage_is_one_line(tmp_path, capsys):
    cases = (
        (["--photos", str(tmp_path)], "holds no labelled cars"),
        (["--queries", str(tmp_path / "q.toml")], "--photos"),
        (["--state", str(tmp_path)], "cannot use"),
    )
    for arguments, reason in cases:
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert reason in error
        assert error.count("\n") == 1


def test_guard_may_let_pass_exactly_the_demo():
    allowed = addresses(8000)
    assert len(allowed) == 22
    assert {port for _, port in allowed} == {8000}
    assert {address for address, _ in allowed} == {f"127.0.0.{last}" for last in range(1, 23)}


def test_listens_nowhere_else(demo_web):
    port = demo_web().port
    for address in ("127.0.0.22", "127.0.0.23", "127.0.1.1"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port)).close()
