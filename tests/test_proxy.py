"""The environment's proxy: off, on, down, and wanting another password, in real crawls."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.pins import read_number
from tests.asking import End, ask
from tests.crawling import crawl, recipe, rows
from tests.watched_web import Proxy, Web, proxying, served

PASSWORD = "0pen-sesame"  # grepped for
USE = ("HTTPPROXY_ENABLED=True", "LOG_LEVEL=DEBUG")
INSIDE = {
    "http://127.1/1.png": "address",
    "http://2130706433/2.png": "address",
    "http://①②⑦.⓪.⓪.①/3.png": "address",
    "http://[::ffff:10.0.0.7]/4.png": "address",
    "http://169.254.169.254./5.png": "address",
    "http://localhost/6.png": "address",
    "http://x.localhost./7.png": "address",
    "http://8.8.8.8:22/8.png": "port",
    "http://user:pw@images.example/9.png": "scheme",
    "http://127%2e0.0.1/10.png": "scheme",
    "ftp://images.example/11.png": "scheme",
}


@pytest.fixture(autouse=True)
def no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def use(monkeypatch: pytest.MonkeyPatch, port: int, user: str = "") -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://{user}localhost:{port}")


def assert_hidden(end: End) -> None:
    """The proxy's password is in no output and in no file."""
    encoded = "d2FuZGVyZXI6"  # how the Base64 of "wanderer:" begins
    for file in [path for path in end.store.rglob("*") if path.is_file()]:
        assert PASSWORD.encode() not in file.read_bytes(), file
        assert encoded.encode() not in file.read_bytes(), file
    assert PASSWORD not in end.output
    assert encoded not in end.output
    assert "Traceback" not in end.output


@pytest.mark.accepts("D10")
def test_a_proxy_in_the_environment_alone_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Web()) as web, proxying(Proxy(behind=web.port)) as proxy:
        use(monkeypatch, proxy.port)
        monkeypatch.setenv("all_proxy", f"http://localhost:{proxy.port}")
        end = ask(tmp_path, web, [f"http://127.0.0.1:{web.port}/1.png"])
    assert list(end.outcomes().values()) == ["stored"]
    assert not proxy.asked
    assert " WARNING " not in end.output


@pytest.mark.accepts("D10")
def test_a_proxy_is_used_and_announced_and_the_guard_still_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Web()) as web, proxying(Proxy(behind=web.port)) as proxy:
        use(monkeypatch, proxy.port, f"wanderer:{PASSWORD}@")
        proxy.password = f"wanderer:{PASSWORD}"
        # Not proxied, so guarded as ever: its name leads inside.
        monkeypatch.setenv("no_proxy", "direct.example")
        web.answers["/moved"] = 302, ["Location: http://127.1/secret.png"], b""
        urls = ["http://images.example/0.png", "http://images.example/moved", *INSIDE]
        end = ask(
            tmp_path,
            web,
            [*urls, "http://direct.example/12.png"],
            names={"direct.example": [["10.0.0.7"]]},
            settings=USE,
        )
    ended = list(end.outcomes().values())
    assert ended == ["stored", "address", *INSIDE.values(), "address"]
    # Every request but the one to the proxy's own host leaves by it, and no name is asked for.
    assert end.connected("to") == {f"127.0.0.1:{proxy.port}"}
    assert end.connected("ask") == {"direct.example"}
    hosts = {one.headers["Host"] for one in proxy.asked}
    assert hosts == {"images.example", f"127.0.0.1:{web.port}"}
    (line,) = [line for line in end.output.splitlines() if " WARNING " in line]
    assert " WARNING http requests go through localhost:" in line
    assert "must refuse addresses inside itself" in line
    assert all("Proxy-Authorization" not in one.headers for one in web.asked)
    assert end.code == 0
    assert_hidden(end)


@pytest.mark.accepts("D10")
@pytest.mark.parametrize(
    "fault", ["refuses the connection", "wants another password", "no such name"]
)
@pytest.mark.parametrize("pages_too", [True, False])
def test_a_proxy_that_fails_is_one_line_and_burns_no_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, pages_too: bool
) -> None:
    with closing(socket.socket()) as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with (
            served(Web()) as web,
            proxying(Proxy(behind=web.port, password="another:one")) as proxy,
        ):
            down = fault == "refuses the connection"
            use(
                monkeypatch,
                taken.getsockname()[1] if down else proxy.port,
                f"wanderer:{PASSWORD}@",
            )
            if fault == "no such name":
                monkeypatch.setenv("http_proxy", f"http://wanderer:{PASSWORD}@nowhere.example:8080")
                monkeypatch.setenv("HTTP_PROXY", "")
            if not pages_too:
                monkeypatch.setenv("no_proxy", "127.0.0.1")
            urls = [f"http://{n}.example/{n}.png" for n in range(30)]
            end = ask(tmp_path, web, urls, settings=USE)
            errors = [line for line in end.output.splitlines() if " ERROR the proxy" in line]
            assert len(errors) == 1, end.output
            how = "does not accept the user name" if "password" in fault else "cannot be reached"
            assert how in errors[0]
            assert "see http_proxy in the environment" in errors[0]
            assert end.code == 1
            assert_hidden(end)
            asked = rows(
                end.store, "select count(*) from image where tries > 0 or outcome is not null"
            )
            assert asked == [(0,)]
            assert all("example" not in one.target for one in web.asked)
            # With the proxy mended, the same command goes on.
            proxy.password = ""
            use(monkeypatch, proxy.port)
            again = ask(tmp_path, web, urls, settings=USE)
    assert again.code == 0, again.output
    assert list(again.outcomes().values()) == ["stored"] * 30


@pytest.mark.accepts("D10")
@pytest.mark.parametrize(
    "given",
    [
        None,
        "socks5://wanderer:0pen-sesame@localhost:1080",
        "https://wanderer:0pen-sesame@localhost:1080",
        "http://wanderer:0pen-sesame@localhost:port",
        "http://wanderer:0pen-sesame@:80",
        "/var/run/0pen-sesame",
    ],
)
def test_a_proxy_that_cannot_be_meant_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    if given:
        monkeypatch.setenv("https_proxy", given)
    code, output = crawl(
        "image_search",
        tmp_path / "s",
        recipe(tmp_path, "word"),
        settings=("HTTPPROXY_ENABLED=True",),
    )
    assert code == 2, output
    (line,) = output.splitlines()
    assert "setting HTTPPROXY_ENABLED: expected http" in line
    assert "in the environment" in line
    assert PASSWORD not in output


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "127.0.0.1.", "①②⑦.1"])
def test_a_number_is_read_in_every_spelling(host: str) -> None:
    assert read_number(host) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["localhost", "a.example", "1.2.3.4.example", "", "a" * 300])
def test_a_name_is_no_number(host: str) -> None:
    assert read_number(host) == []
