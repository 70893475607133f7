"""Which hosts a page may speak to: the route and the resolver must agree."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request

from carscrape.browser.hosts import Hosts, resolver_rules
from carscrape.engines.base import BROWSING, Browsing

HOSTS = Hosts(("www.example.com", 443), ("*.static.example", "cdn.example"))


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.com/a?b",
        "https://www.example.com:443/",
        "http://www.example.com:443/",
        "https://a.static.example/x.js",
        "https://a.b.static.example/x.js",
        "http://cdn.example/",
    ],
)
def test_its_own_hosts_are_allowed(url: str) -> None:
    assert HOSTS.allow(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.com/",
        "https://www.example.com:8443/",
        "https://example.com/",
        "https://www.example.com.evil.example/",
        "https://www.example.com@evil.example/",
        "https://static.example/",
        "https://evilstatic.example/",
        "https://cdn.example:8443/",
        "https://a.cdn.example/",
        "https://127.0.0.1/",
        "ftp://cdn.example/",
        "file:///etc/passwd",
        "data:text/html,x",
        "ws://cdn.example/",
        "https://cdn.example:99999/",
        "https://[/",
        "",
    ],
)
def test_all_others_are_not(url: str) -> None:
    assert not HOSTS.allow(url)


def test_a_request_says_where_its_page_may_load_from() -> None:
    browsing = Browsing("a", 10, hosts=("cdn.example",))
    for url, own in (
        ("http://127.0.0.1:8000/a", ("127.0.0.1", 8000)),
        ("https://www.example.com/a", ("www.example.com", 443)),
    ):
        assert Hosts.of(Request(url, meta={BROWSING: browsing})) == Hosts(own, ("cdn.example",))


def test_rules_open_a_port_and_not_a_host() -> None:
    pages = [Hosts(("127.0.0.1", 8000)), HOSTS, Hosts(("::1", 80)), HOSTS]
    assert resolver_rules(pages) == (
        "MAP 127.0.0.1:8000 127.0.0.1, MAP www.example.com:443 www.example.com, "
        "MAP [::1]:80 [::1], MAP * ~NOTFOUND, EXCLUDE *.static.example, EXCLUDE cdn.example"
    )


labels = st.sampled_from(["a", "www", "cdn", "example", "com", "127", "0", "1"])
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
ports = st.sampled_from([80, 443, 8000, 8443])
patterns = st.builds("{}{}".format, st.sampled_from(["", "*."]), hosts)
pages = st.builds(Hosts, st.tuples(hosts, ports), st.lists(patterns, max_size=2).map(tuple))


@given(st.lists(pages, min_size=1, max_size=3), hosts, ports, st.sampled_from(["http", "https"]))
def test_what_a_page_may_load_resolves(
    crawl: list[Hosts], host: str, port: int, scheme: str
) -> None:
    """Otherwise a route would let pass what then fails as if the host did not exist."""
    if any(page.allow(f"{scheme}://{host}:{port}/") for page in crawl):
        assert resolves(resolver_rules(crawl), host, port)


def resolves(rules: str, host: str, port: int) -> bool:
    """As Chromium reads its rules: exclusions before all, then the first that fits."""
    read = [rule.split(" ") for rule in rules.split(", ")]
    if any(fnmatchcase(host, rule[1]) for rule in read if rule[0] == "EXCLUDE"):
        return True
    names = (host, f"{host}:{port}")
    fitting = (rule for rule in read if any(fnmatchcase(name, rule[1]) for name in names))
    return next(fitting)[2] != "~NOTFOUND"
