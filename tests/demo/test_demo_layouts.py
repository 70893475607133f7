import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from demo_client import all_images, fetch, read_grid, search
from parsel import Selector

from carscrape.demo.drawn import DrawnWorld
from carscrape.demo.results import rows

QUERY = "red Ford F-150"
REAL_PAGES = Path(__file__).parents[2] / ".." / "shared" / "pages" / "bing_images"


def api(base, query, offset=0):
    return fetch(f"{base}/api/images?q={query.replace(' ', '+')}&offset={offset}")


def api_all(base, query):
    found, offset = [], 0
    while offset is not None:
        answer = json.loads(api(base, query, offset).body)
        found += [result["image"] for result in answer["results"]]
        offset = answer["next"]
    return found


@pytest.mark.skipif(not REAL_PAGES.is_dir(), reason="no ../shared/pages with real result pages")
def test_one_reader_reads_real_pages_and_ours(hostile_web):
    real = (REAL_PAGES / "en_golang-gopher_47.html").read_text(encoding="utf-8", errors="replace")
    for text in (real, search(hostile_web.base, QUERY).text):
        records, following = read_grid(text)
        assert len(records) >= 35  # carousels have some more
        assert all({"murl", "turl", "purl"} <= record.keys() for record in records)
        assert following
        assert following.startswith("/images/async?q=")


def test_html_and_json_list_the_same_to_the_last_result(hostile_web):
    world = DrawnWorld(7, "hostile")
    expected = [row.image for row in rows(world, QUERY, 0, 1000, hostile_web.port)]
    assert len(expected) == world.count(QUERY) > 60
    assert all_images(hostile_web.base, QUERY) == expected
    assert api_all(hostile_web.base, QUERY) == expected


def test_claimed_sizes_stand_in_the_link(hostile_web):
    links = Selector(search(hostile_web.base, QUERY).text).css("a.iusc::attr(href)").getall()
    for link in links:
        parameters = parse_qs(urlsplit(link).query)
        assert int(parameters["expw"][0]) > 0
        assert int(parameters["exph"][0]) > 0


@pytest.mark.parametrize("path", ["/images/search", "/api/images", "/search"])
def test_captcha_each_time(hostile_web, path):
    for _ in range(3):
        answer = search(hostile_web.base, "blockme car", path)
        assert answer.status == 200
        assert "captcha" in answer.text


@pytest.mark.parametrize("path", ["/images/search", "/api/images", "/search"])
def test_refusals_that_give_way(demo_web, path):
    base = demo_web(faults="none").base
    assert "captcha" in search(base, "blockonce car", path).text
    assert "captcha" not in search(base, "blockonce car", path).text
    first = search(base, "throttleonce car", path)
    assert (first.status, first.headers["Retry-After"]) == (429, "1")
    assert search(base, "throttleonce car", path).status == 200


def test_unknown_layout(hostile_web):
    assert read_grid(search(hostile_web.base, "layoutme car").text) == ([], None)
    assert b"results" not in api(hostile_web.base, "layoutme car").body


def test_no_results_is_a_page_in_good_order(hostile_web):
    page = search(hostile_web.base, "nothingme car").text
    assert read_grid(page) == ([], "")
    assert "There are no results for" in page
    assert api(hostile_web.base, "nothingme car").body == (
        b'{"query": "nothingme car", "total": 0, "next": null, "results": []}'
    )
    assert "There are no results for" in search(hostile_web.base, "nothingme", "/search").text


def test_rewritten_query_says_what_it_answers(hostile_web):
    page = Selector(search(hostile_web.base, "rewriteme red car").text)
    assert page.css("#sb_form_q::attr(value)").get() == "red car"
    assert page.css("#sp_requery strong::text").get() == "red car"
    web = Selector(search(hostile_web.base, "rewriteme red car", "/search").text)
    assert web.css("#sp_requery strong::text").get() == "red car"
    assert not Selector(search(hostile_web.base, "red car").text).css("#sp_requery")
    assert api(hostile_web.base, "rewriteme red car").text.startswith('{"query": "red car"')


def test_engine_that_repeats_itself(hostile_web):
    first = read_grid(search(hostile_web.base, "repeatme car").text)
    later, following = read_grid(fetch(hostile_web.base + first[1]).text)
    assert [record["murl"] for record in later] == [record["murl"] for record in first[0]]
    assert following


@pytest.mark.parametrize(
    "query", ['a "quoted" model', "a&b <c>", "Škoda", "X1/9", "a" * 500, "%2F"]
)
def test_odd_queries_come_back_whole(hostile_web, query):
    page = Selector(search(hostile_web.base, query).text)
    assert page.css("#sb_form_q::attr(value)").get() == query.replace('"', "").strip()
    image = read_grid(search(hostile_web.base, query).text)[0][0]["murl"]
    assert image.isascii()


@pytest.mark.parametrize("number", ["", "-5", "x", "9" * 30, "%C2%B2"])
def test_nonsense_in_place_of_a_number_is_the_first_page(hostile_web, number):
    first = fetch(f"{hostile_web.base}/images/search?q=red+car").body
    assert fetch(f"{hostile_web.base}/images/search?q=red+car&first={number}").body == first


def test_page_beyond_the_end(hostile_web):
    page = fetch(f"{hostile_web.base}/images/search?q=red+car&first=9999").text
    assert read_grid(page) == ([], "")
