"""What the engines that answer in HTML are asked, as they call it."""

from w3lib.url import url_query_parameter

from carscrape.engines.base import BROWSING, Browsing, load_engine

BING, GOOGLE = load_engine("bing"), load_engine("google")


def asked(url: str, *names: str) -> list[str | None]:
    return [url_query_parameter(url, name) for name in names]


def test_bing_joins_its_filters() -> None:
    filters = {"licence": "commercial", "size": "huge", "colour": "red", "safe": "off"}
    url = BING.image_request("red ford", None, filters).url
    assert asked(url, "q", "qft", "adlt") == [
        "red ford",
        "filterui:license-L2_L3_L4+filterui:imagesize-wallpaper+filterui:color2-FGcls_RED",
        "off",
    ]


def test_bing_names_a_place_where_both_halves_are_known() -> None:
    both = {"language": "de", "market": "AT"}
    for request in (BING.image_request("ford", None, both), BING.hits_request("ford", both)):
        assert asked(request.url, "setlang", "cc", "mkt") == ["de", "AT", "de-AT"]
    assert asked(BING.hits_request("ford", {"market": "AT"}).url, "cc", "mkt") == ["AT", None]


def test_google_joins_its_filters() -> None:
    filters = {"licence": "any", "type": "photo", "colour": "red", "safe": "strict"}
    filters |= {"language": "de", "market": "AT"}
    url = GOOGLE.image_request("red ford", None, filters).url
    assert asked(url, "q", "udm", "tbs", "safe", "hl", "gl") == [
        *("red ford", "2", "il:cl,itp:photo,ic:specific,isc:red", "active", "de", "AT"),
    ]


def test_google_is_asked_by_a_browser_that_stops_at_walls() -> None:
    for request in (GOOGLE.image_request("ford"), GOOGLE.hits_request("ford")):
        browsing = request.meta[BROWSING]
        assert isinstance(browsing, Browsing)
        assert 0 < browsing.most <= GOOGLE.max_results
        assert "captcha" in browsing.instead
        assert "consent" in browsing.instead
    # One page holds them all: no second one is asked.
    assert GOOGLE.page_size == GOOGLE.max_results
