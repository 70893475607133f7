"""What goes wrong with an engine, by its mood or by a word in the query."""

import json

import pytest
from demo_client import fetch, read_grid

from carscrape.demo.__main__ import main
from carscrape.demo.faults import MOODS
from carscrape.demo.moods import Moods, engine_of, read_moods

PATHS = ("/api/images", "/images/search", "/search")
WALLS = {"captcha": "captcha", "consent": "//consent.", "traffic": "unusual traffic"}
STATUSES = {"accepted": 202, "forbidden": 403, "throttled": 429, "error": 500}


@pytest.mark.parametrize("path", PATHS)
def test_a_word_asks_every_engine_to_refuse(hostile_web, path):
    for fault, word in MOODS.items():
        answer = fetch(f"{hostile_web.base}{path}?q=red+{word}")
        assert answer.status == STATUSES.get(fault, 200)
        if fault in WALLS:
            assert WALLS[fault] in answer.text
        assert bool(answer.body) == (fault != "empty")
        assert (answer.headers["Retry-After"] == "1") == (fault == "throttled")


def test_a_capped_query_ends_before_what_it_claims(hostile_web):
    first, following = read_grid(fetch(f"{hostile_web.base}/images/search?q=capme+car").text)
    rest, end = read_grid(fetch(hostile_web.base + following).text)
    assert (len(first), len(rest), end) == (35, 5, "")
    api = json.loads(fetch(f"{hostile_web.base}/api/images?q=capme+car").body)
    assert (len(api["results"]), api["next"]) == (40, None)
    assert api["total"] > 40


def test_moods_are_each_engines_own_and_end_or_last(demo_web):
    moods = "demo=forbidden:2-3,demo_html=accepted:1,demo_html=error:3-,demo_keyed=empty:1-"
    base = demo_web(faults="none", moods=moods).base
    statuses = {
        path: [fetch(f"{base}{path}?q=car+{number}").status for number in range(4)]
        for path in ("/api/images", "/images/search")
    }
    assert statuses == {"/api/images": [200, 403, 403, 200], "/images/search": [202, 200, 500, 500]}
    assert fetch(f"{base}/images/async?q=car").status == 500
    assert fetch(f"{base}/search?q=car&engine=demo_html").status == 500
    assert fetch(f"{base}/search?q=car").status == 200
    assert fetch(f"{base}/keyed/images?q=car").status == 401  # before all else


def test_an_engine_that_wants_a_key_numbers_its_pages(hostile_web):
    base = f"{hostile_web.base}/keyed/images?q=red+car"
    answers = [json.loads(fetch(f"{base}&page={n}", key="any").body) for n in (1, 4, 5)]
    assert [len(answer.get("photos", ())) for answer in answers] == [30, 30, 0]
    assert [answer.get("search", {}).get("next_page") for answer in answers] == [2, None, None]
    html, _ = read_grid(fetch(f"{hostile_web.base}/images/search?q=red+car").text)
    assert [photo["urls"]["full"] for photo in answers[0]["photos"]] == [
        record["murl"] for record in html[:30]
    ]


def test_moods_survive_a_restart(demo_web, tmp_path):
    options = {"faults": "none", "state": tmp_path / "asked", "moods": "demo=forbidden:3-4"}
    demo = demo_web(**options)
    asked = [fetch(f"{demo.base}/api/images?q={n}").status for n in range(3)]
    demo.kill()
    again = demo_web(**options, port=demo.port)
    asked += [fetch(f"{again.base}/api/images?q={n}").status for n in range(2)]
    assert asked == [200, 200, 403, 403, 200]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("demo", "expected ENGINE=MOOD:FIRST-LAST"),
        ("demo=captcha", "expected ENGINE=MOOD:FIRST-LAST"),
        ("demo=captcha:0", "expected ENGINE=MOOD:FIRST-LAST"),
        ("demo=captcha:5-3", "ends before it begins"),
        ("bing=captcha:1", "there is no engine 'bing'"),
        ("demo=sulking:1", "there is no mood 'sulking'"),
    ],
)
def test_a_mood_that_cannot_be_meant_is_refused(text, what, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["--moods", text])
    assert what in capsys.readouterr().err.splitlines()[-1]


def test_the_help_names_every_word_and_how_moods_are_written(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(word in told and fault in told for fault, word in MOODS.items())
    (example,) = (word for word in told.split() if word.startswith("demo_html="))
    assert len(read_moods(example)) == 2


def test_the_first_mood_that_holds_counts():
    moods = Moods(read_moods("demo=empty:2-3, demo=captcha:1-"), {"/api/images?q=a": 1})
    assert [moods.next("/api/images?q=b") for _ in range(3)] == ["empty", "empty", "captcha"]
    assert engine_of("/img/search/1.jpg?engine=demo") == ""
