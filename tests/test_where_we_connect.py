"""Where a real crawl connects, and where it does not, as its sockets and the servers saw it."""

from pathlib import Path

import pytest

from tests.asking import ask, free_port
from tests.crawling import assert_quiet
from tests.test_guard import INSIDE
from tests.watched_web import Web, served, to

LOOPBACK = (
    *("127.0.0.1", "localhost", "LOCALHOST", "127.1", "127.0.1", "2130706433"),
    *("0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "017700000001", "127.000.000.001"),
    *("0.0.0.0", "0", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]"),
    *("１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"),
)
NAMES = {
    "metadata.google.internal": "169.254.169.254",
    "metadata.goog": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "metadata.example": "fd00:ec2::254",
    "localtest.example": "127.0.0.1",
    "intranet.example": "10.0.0.7",
    "mapped.example": "::ffff:10.0.0.7",
}


@pytest.mark.accepts("A01", "A02", "A03")
def test_no_packet_leaves_for_an_address_inside(tmp_path: Path) -> None:
    port = free_port()
    literals = [f"[{one}]" if ":" in one else one for one in INSIDE if "%" not in one]
    hosts = [*LOOPBACK, *literals, *NAMES]
    assert len(hosts) > 60
    urls = [f"http://{host}:{port}/latest/{n}.png" for n, host in enumerate(hosts)]
    with served(Web()) as web, served(Web(port)) as inside:
        names = {name: [[address]] for name, address in NAMES.items()}
        end = ask(tmp_path, web, [*urls, f"http://127.0.0.1:{web.port}/f.png"], names=names)
    outcomes = end.outcomes()
    assert outcomes.pop(f"http://127.0.0.1:{web.port}/f.png") == "stored"
    assert outcomes == dict.fromkeys(urls, "address")
    assert not inside.asked
    assert end.connected() == {f"127.0.0.1:{web.port}"}
    assert end.code == 0
    assert_quiet(end.output)


@pytest.mark.accepts("A04")
def test_a_name_with_one_address_inside_is_not_asked_at_the_other(tmp_path: Path) -> None:
    names = {
        "both.example": [["8.8.8.8", "10.0.0.7"]],
        "six.example": [["2606:4700::1111", "fc00::1"]],
        "public.example": [["8.8.8.8", "8.8.4.4"]],
    }
    urls = [f"http://{name}/1.png" for name in names]
    with served(Web()) as web, served(Web()) as outside:
        nat = {f"8.8.{n}:80": f"127.0.0.1:{outside.port}" for n in ("8.8", "4.4")}
        end = ask(tmp_path, web, urls, names=names, nat=nat)
    assert list(end.outcomes().values()) == ["address", "address", "stored"]
    assert {one.headers["Host"] for one in outside.asked} == {"public.example"}
    assert end.connected("to") <= {f"127.0.0.1:{web.port}", "8.8.8.8:80", "8.8.4.4:80"}


@pytest.mark.accepts("A05")
def test_a_name_that_changes_its_answer_is_asked_where_it_was_checked(tmp_path: Path) -> None:
    port = free_port()
    names = {
        "rebinds.example": [["8.8.8.8"], ["127.0.0.1"]],
        "müller.example": [["8.8.8.8"], ["127.0.0.1"]],
        "xn--mller-kva.example": [["8.8.8.8"], ["127.0.0.1"]],
    }
    urls = [f"http://{name}:{port}/{n}.png" for name in list(names)[:2] for n in range(3)]
    with served(Web()) as web, served(Web()) as outside, served(Web(port)) as inside:
        nat = {f"8.8.8.8:{port}": f"127.0.0.1:{outside.port}"}
        end = ask(tmp_path, web, urls, names=names, nat=nat)
    assert set(end.outcomes().values()) == {"stored"}, end.outcomes()
    assert not inside.asked
    assert end.connected("to") == {f"127.0.0.1:{web.port}", f"8.8.8.8:{port}"}
    assert end.connected() == {f"127.0.0.1:{web.port}", f"127.0.0.1:{outside.port}"}
    assert len(outside.asked) == len(urls) + 2  # and two robots.txt
    assert sum(line.startswith("ask ") for line in end.log) == 2


@pytest.mark.accepts("A06")
def test_a_redirect_inside_is_refused_at_its_hop(tmp_path: Path) -> None:
    port = free_port()
    private = f"http://127.1:{port}/secret"
    with served(Web(), "127.0.0.1", "127.0.0.2", "127.0.0.3") as web, served(Web(port)) as inside:
        base, third = (f"http://127.0.0.{n}:{web.port}" for n in (2, 3))
        web.answers = {
            "/once": to(private),
            "/1": to(f"{third}/2"),
            "/2": to("/3"),
            "/3": to(f"{base}/4"),
            "/4": to(private),
            "/good": to("/good.png"),
            "127.0.0.3/robots.txt": to("/rules"),
            "/rules": to(f"http://10.0.0.1:{port}/robots.txt"),
        }
        end = ask(tmp_path, web, [f"{base}/once", f"{base}/1", f"{base}/good"])
        lost = ask(tmp_path / "robots", web, [f"{third}/x.png"])
    inside_url = f"http://127.1:{port}/secret"
    assert end.outcome(f"{base}/good") == ("stored", "", (f"{base}/good.png",))
    why = "127.0.0.1 is not on the public internet"
    assert end.outcome(f"{base}/once") == ("address", why, (inside_url,))
    # Its second hop is at the host whose robots.txt leads inside.
    outcome, detail, hops = end.outcome(f"{base}/1")
    assert (outcome, hops) == ("address", (f"{third}/2",))
    assert detail == "robots.txt: 10.0.0.1 is not on the public internet"
    assert lost.outcome(f"{third}/x.png")[0] == "address"
    assert not inside.asked
    assert end.connected() <= {f"127.0.0.{n}:{web.port}" for n in (1, 2, 3)}


@pytest.mark.accepts("A06")
def test_a_chain_of_four_with_the_last_one_inside(tmp_path: Path) -> None:
    with served(Web(), "127.0.0.1", "127.0.0.2", "127.0.0.3") as web:
        base, third = (f"http://127.0.0.{n}:{web.port}" for n in (2, 3))
        web.answers = {
            "/1": to(f"{third}/2"),
            "/2": to("/3"),
            "/3": to("http://inside.example/secret"),
        }
        end = ask(tmp_path, web, [f"{base}/1"], names={"inside.example": [["10.0.0.7"]]})
    chain = (f"{third}/2", f"{third}/3", "http://inside.example/secret")
    why = "10.0.0.7 is not on the public internet"
    assert end.outcome(f"{base}/1") == ("address", why, chain)
    assert [target for target in web.targets() if "robots" not in target][1:] == ["/1", "/2", "/3"]
