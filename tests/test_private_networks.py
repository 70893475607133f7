"""The one setting that opens addresses inside, and all that does not, in real crawls."""

from pathlib import Path

import pytest

from tests.asking import ask, free_port
from tests.crawling import recipe
from tests.watched_web import Web, served


@pytest.mark.accepts("A03")
def test_one_setting_opens_an_intranet_and_says_so(tmp_path: Path) -> None:
    names = {"wiki.example": [["10.1.2.3"]], "away.example": [["10.2.2.3"]]}
    opened = ["http://10.1.2.3/1.png", "http://wiki.example/2.png"]
    shut = ["http://10.2.2.3/3.png", "http://away.example/4.png", "http://127.0.0.1/5.png"]
    with served(Web()) as web, served(Web()) as intranet:
        end = ask(
            tmp_path,
            web,
            [*opened, *shut, "http://10.1.2.3:22/6.png"],
            names=names,
            nat={"10.1.2.3:80": f"127.0.0.1:{intranet.port}"},
            settings=("ALLOW_PRIVATE_NETWORKS=10.1.0.0/16, fd12::/16",),
        )
    assert [*end.outcomes().values()] == ["stored"] * 2 + ["address"] * 3 + ["port"]
    assert end.connected("to") == {f"127.0.0.1:{web.port}", "10.1.2.3:80"}
    (line,) = [line for line in end.output.splitlines() if "ALLOW_PRIVATE_NETWORKS" in line]
    assert " WARNING " in line
    assert "10.1.0.0/16, fd12::/16" in line


@pytest.mark.accepts("A03")
@pytest.mark.parametrize(
    "given",
    ["10.1.0.0/33", "10.1.2.3/16", "intranet", "0.0.0.0/0", "127.0.0.0/8", "169.254.0.0/16"],
)
def test_a_network_that_is_no_intranet_is_one_line(tmp_path: Path, given: str) -> None:
    with served(Web()) as web:
        end = ask(tmp_path, web, [], settings=(f"ALLOW_PRIVATE_NETWORKS={given}",))
    assert end.code == 2
    assert not web.asked
    (line,) = end.output.splitlines()
    assert "setting ALLOW_PRIVATE_NETWORKS: expected networks within" in line
    assert repr(given) in line


@pytest.mark.accepts("A01", "A03")
def test_nothing_else_opens_an_address_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    for prefix in ("", "CARSCRAPE_", "SCRAPY_", "DEMO_"):
        monkeypatch.setenv(f"{prefix}ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8")
        monkeypatch.setenv(f"{prefix}LOOPBACK", f"127.0.0.1:{port}")
        monkeypatch.setenv(f"{prefix}DEMO_PORT", str(port))
        monkeypatch.setenv(f"{prefix}ENGINES", "demo")
    settings = ("ALLOW_PRIVATE_NETWORKS=", f"DEMO_PORT={port}", "LOOPBACK=127.0.0.1", "DEMO_SEED=7")
    urls = [f"http://127.0.0.1:{port}/1.png", f"http://10.0.0.7:{port}/2.png"]
    with served(Web()) as web, served(Web(port)) as inside:
        end = ask(tmp_path, web, urls, settings=settings)
        assert list(end.outcomes().values()) == ["address"] * 2
        words = recipe(tmp_path, "word")
        # A real engine whose name leads inside, with all that the demo has.
        real = ask(
            tmp_path / "real",
            web,
            [],
            names={"www.bing.com": [["127.0.0.1"]]},
            arguments=(words, "engines=bing"),
            settings=settings,
        )
        mixed = [
            ask(tmp_path / "mixed", web, [], arguments=(words, *arguments), settings=settings)
            for arguments in (
                ("engines=bing", f"demo_port={port}"),
                ("engines=bing,demo",),
                ("engines=bing", "loopback=127.0.0.1"),
            )
        ]
    assert not inside.asked
    assert end.connected() == {f"127.0.0.1:{web.port}"}
    assert (real.code, real.connected()) == (1, set())
    assert "127.0.0.1 is not on the public internet" in real.output
    assert [one.code for one in mixed] == [2, 2, 2]


@pytest.mark.accepts("A01", "A05")
@pytest.mark.parametrize("handlers", ["{}", '{"carscrape.feeder.LedgerScheme": 5}'])
def test_without_its_guard_a_crawl_connects_nowhere(tmp_path: Path, handlers: str) -> None:
    with served(Web()) as web:
        settings = (f"DOWNLOADER_MIDDLEWARES={handlers}",)
        end = ask(tmp_path, web, [f"http://127.0.0.1:{web.port}/1.png"], settings=settings)
    assert end.code in (1, 75)
    assert not web.asked
    assert end.connected() == set()
