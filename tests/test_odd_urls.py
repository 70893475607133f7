"""URLs that are no image's, and what servers would like to be told: in real crawls."""

import json
from pathlib import Path

import pytest

from tests.asking import ask
from tests.odd_web import PNG
from tests.watched_web import Web, served, to

ODD = {
    "http://user:pw@8.8.8.8/x.png": "scheme",
    "http://8.8.8.8@10.0.0.7/x.png": "scheme",
    "http://@8.8.8.8/x.png": "scheme",
    "http://8.8.8.8:22/x.png": "port",
    "http://8.8.8.8:25/x.png": "port",
    "http://8.8.8.8:0/x.png": "port",
    "http://8.8.8.8:99999/x.png": "scheme",
    "http://8.8.8.8:eighty/x.png": "scheme",
    "http://ho\x1b[31mst.example/x.png": "scheme",
    "http://ho\x00st.example/x.png": "scheme",
    "http://10.0.\n0.7/x.png": "address",  # as browsers read it
    "http://127%2e0.0.1/x.png": "scheme",
    "http://10.0.0.7%00.example/x.png": "scheme",
    "http://a b.example/x.png": "scheme",
    "http://[::1/x.png": "scheme",
    "http://nowhere.example/\r\nFORGED line\x1b[31m.png": "dns",
    "http://" + "a" * 300 + ".example/x.png": "dns",
    "http://long.example/" + "a" * 10_000: "dns",
    "http://exаmple.example/x.png": "dns",  # a Cyrillic letter: another name, that is all
    "http://xn--.example/x.png": "dns",
    "http://10.0.0.7./x.png": "dns",  # C libraries take it for a name
}


@pytest.mark.accepts("A07")
@pytest.mark.parametrize("redirected", [False, True])
def test_other_schemes_are_refused(tmp_path: Path, redirected: bool) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(PNG + b"a local file")
    schemes = {
        f"file://{secret}": "scheme",
        "FILE:///etc/passwd": "scheme",
        f"file://localhost{secret}": "scheme",
        "data:image/png;base64,iVBORw0KGgo=": "scheme",
        "ftp://127.0.0.1/x.png": "scheme",
        "s3://bucket/x.png": "scheme",
        "gopher://127.0.0.1/x.png": "scheme",
        "javascript:alert(1)": "scheme",
        "ledger://due": "scheme",
        "//10.0.0.7/x.png": "address",
        "\\\\10.0.0.7\\x": "gone",  # a path of the host that names it
        # The same on a page; in a header, Scrapy reads it as browsers do.
        "http:\\\\10.0.0.7\\y": "address" if redirected else "gone",
    }
    with served(Web(), "127.0.0.1", "127.0.0.2") as web:
        base = f"http://127.0.0.2:{web.port}"
        urls = list(schemes)
        if redirected:
            web.answers = {f"/{n}": to(url) for n, url in enumerate(schemes)}
            urls = [f"{base}/{n}" for n in range(len(schemes))]
        end = ask(tmp_path, web, urls)
    assert dict(zip(schemes, end.outcomes().values(), strict=True)) == schemes
    assert not list((tmp_path / "store" / "images").rglob("*.*"))
    assert end.connected() <= {f"127.0.0.{n}:{web.port}" for n in (1, 2)}
    assert "Traceback" not in end.output


@pytest.mark.accepts("A08")
def test_every_odd_url_has_an_outcome_and_breaks_no_line(tmp_path: Path) -> None:
    with served(Web()) as web:
        dotted = f"http://127.0.0.1.:{web.port}/x.png"
        end = ask(tmp_path, web, [*ODD, dotted], settings=("LOG_LEVEL=DEBUG",))
    ended = end.outcomes()
    assert ended.pop(dotted) == "port"
    assert list(ended.values()) == list(ODD.values()), ended
    assert end.connected() == {f"127.0.0.1:{web.port}"}
    assert "Traceback" not in end.output
    assert "\x1b" not in end.output
    assert not any(line.startswith("FORGED") for line in end.output.splitlines())
    for url in ended:
        assert url.isprintable(), url
    # Nothing a user sees without asking for it, either.
    quiet = ask(tmp_path / "again", web, [])
    assert "\x1b" not in quiet.output


@pytest.mark.accepts("A09")
def test_no_cookie_referer_or_password_goes_anywhere(tmp_path: Path) -> None:
    nosy = ["Set-Cookie: id=1; Path=/", "Referrer-Policy: unsafe-url"]
    hosts = [f"127.0.0.{n}" for n in (1, 2, 3)]
    with served(Web(), *hosts) as web:
        base, third = (f"http://127.0.0.{n}:{web.port}" for n in (2, 3))
        web.answers = {
            "/start": to(f"{third}/end.png", *nosy),
            "/end.png": (200, ["Content-Type: image/png", *nosy], PNG),
            "/robots.txt": (404, nosy, b""),
            "/locked.png": (401, ['WWW-Authenticate: Basic realm="x"', *nosy], b""),
            "127.0.0.1/api/images": to("/page?q=word", *nosy),
        }
        results = [{"image": f"{base}/{path}"} for path in ("start", "locked.png", "last.png")]
        page = {"query": "word", "total": 3, "results": results}
        web.answers["/page"] = 200, nosy, json.dumps(page).encode()
        # Pages are asked as they are, so a page that redirects has failed.
        ask(tmp_path / "moved", web, [])
        del web.answers["127.0.0.1/api/images"]
        end = ask(tmp_path, web, [row["image"] for row in results])
    assert list(end.outcomes().values()) == ["stored", "refused", "stored"]
    assert f"{third}/end.png" in end.outcome(f"{base}/start")[2]
    given = {name.lower() for one in web.asked for name in one.headers}
    assert given == {"host", "user-agent", "accept", "accept-language", "accept-encoding"}
