"""What the engines that answer in JSON have in common."""

import pytest
from json_answers import hits, images

from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict

COUNTED = {
    "wikimedia": lambda count: {"query": {"searchinfo": {"totalhits": count}, "search": []}},
    "flickr": lambda count: {"photos": {"total": count, "photo": []}, "stat": "ok"},
    "openverse": lambda count: {"result_count": count, "results": []},
}


@pytest.mark.accepts("F07")
@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize(
    ("sent", "count"),
    [
        *((1402, 1402), ("1402", 1402), (0, 0), ("0", 0)),
        *((None, None), ("", None), (-1, None), ("many", None), (1.5, None), (True, None)),
        *(([], None), (10**30, None)),
    ],
)
def test_a_missing_count_is_none_and_never_0(name: str, sent: object, count: int | None) -> None:
    page = hits(name, COUNTED[name](sent))
    assert (page.verdict, page.count) == (PageVerdict.RESULTS, count)
    assert page.raw == ("" if count is None else str(count))


@pytest.mark.parametrize("name", ["flickr", "openverse"])
def test_what_may_be_sold_bears_no_licence_that_forbids_it(name: str) -> None:
    engine = load_engine(name)
    kept = {value: set(ids.split(",")) for value, ids in engine.filters["licence"].items()}
    assert kept["public"] < kept["commercial"] < kept["share"]
    rows = [
        {"license": id_, "url": "http://a.example/1", "url_l": "http://a.example/1"}
        for id_ in kept["commercial"]
    ]
    answer = {"photos": {"photo": rows}, "results": rows}
    licences = [result.licence for result in images(name, answer).results]
    assert len(licences) == len(kept["commercial"])
    assert not [one for one in licences if "NC" in one or "Reserved" in one or "unknown" in one]
