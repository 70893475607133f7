"""Crawls of an instance of the user's own: it alone may be inside, and only as an engine."""

import json
from pathlib import Path

import pytest

from tests.asking import End, ask, free_port
from tests.crawling import assert_quiet, recipe
from tests.watched_web import Answer, Web, served, to

KEY = "a1b2c3-not-to-be-shown"
JSON = "Content-Type: application/json"


def found(*urls: str) -> Answer:
    """An answer with these images."""
    rows = [{"img_src": url, "url": "https://shop.example/", "title": "word"} for url in urls]
    body = {"query": "word", "results": rows, "unresponsive_engines": []}
    return 200, [JSON], json.dumps(body).encode()


def crawl_of(tmp_path: Path, web: Web) -> End:
    """A crawl that asks the instance, with one host outside: photos.example is `web` too."""
    names = {"photos.example": [["8.8.8.8"]], "search.intranet": [["10.0.0.5"]]}
    behind = f"127.0.0.1:{web.port}"
    return ask(
        tmp_path,
        web,
        [],
        names=names,
        nat={"8.8.8.8:80": behind, "10.0.0.5:8888": behind},
        arguments=(recipe(tmp_path, "word"), "engines=searxng"),
    )


@pytest.mark.accepts("A01", "A06", "A09", "F06")
def test_the_instance_is_asked_and_its_images_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web(free_port())
    instance = f"http://127.0.0.1:{web.port}"
    monkeypatch.setenv("CARSCRAPE_SEARXNG_URL", instance)
    monkeypatch.setenv("CARSCRAPE_FLICKR_KEY", KEY)
    outside = ["http://photos.example/1.png", "http://photos.example/away.png"]
    web.answers["/search"] = found(
        *outside, f"{instance}/2.png", "/3.png", f"//{instance[7:]}/4.png"
    )
    web.answers["/away.png"] = to(f"{instance}/5.png")
    with served(web):
        end = crawl_of(tmp_path, web)
    assert end.code == 0, end.output
    assert_quiet(end.output)
    assert end.outcomes() == {
        outside[0]: "stored",
        outside[1]: "address",
        **{f"{instance}/{n}.png": "address" for n in (2, 3, 4)},
    }
    hosts = {one.target.partition("?")[0]: one.headers["Host"] for one in web.asked}
    assert hosts.pop("/search") == instance[7:]
    assert hosts == dict.fromkeys(["/robots.txt", "/1.png", "/away.png"], "photos.example")
    for one in web.asked:
        assert KEY not in f"{one.target} {one.headers}"
        assert one.target.startswith("/search") or str(web.port) not in str(one.headers)


@pytest.mark.accepts("A03")
def test_an_instance_in_an_intranet_opens_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARSCRAPE_SEARXNG_URL", "http://search.intranet:8888/searx/")
    inside = {
        "http://search.intranet/1.png": "address",
        "http://10.0.0.5:8080/2.png": "address",
        "http://search.intranet:8888/3.png": "port",
    }
    web = Web()
    web.answers["/searx/search"] = found("http://photos.example/1.png", *inside)
    with served(web):
        end = crawl_of(tmp_path, web)
    assert end.code == 0, end.output
    assert end.outcomes() == {"http://photos.example/1.png": "stored", **inside}
    assert {one.target.partition("?")[0] for one in web.asked} == {
        *("/searx/search", "/robots.txt", "/1.png"),
    }


@pytest.mark.parametrize("given", [None, "search.example", f"http://me:{KEY}@127.0.0.1:8080"])
def test_without_an_instance_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.delenv("CARSCRAPE_SEARXNG_URL", raising=False)
    if given:
        monkeypatch.setenv("CARSCRAPE_SEARXNG_URL", given)
    with served(Web()) as web:
        end = crawl_of(tmp_path, web)
    assert end.code == 2
    (line,) = end.output.splitlines()
    assert "engines: searxng needs an instance of your own: set CARSCRAPE_SEARXNG_URL" in line
    assert KEY not in end.output
    assert not web.asked
