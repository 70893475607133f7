import ast
import html
import math
import re
import statistics
from pathlib import Path

import pytest
from demo_client import search
from parsel import Selector

from carscrape.demo import hits
from carscrape.demo.words import TERMS, body_of

SUBJECTS = [f"make{number % 40} model{number}" for number in range(800)]


def test_knows_nothing_of_the_formula_it_tests():
    tree = ast.parse(Path(hits.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules == {
        "dataclasses", "functools", "carscrape.demo.chance", "carscrape.demo.words"
    }  # fmt: skip


def test_dependence_is_uniform():
    drawn = sorted(hits.web(seed).dependence for seed in range(400))
    distance = max(abs(value - (place + 0.5) / 400) for place, value in enumerate(drawn))
    assert distance < 0.08  # Kolmogorov and Smirnov, 1 %


def test_true_body_type_is_named_more_often_than_its_share_of_chance():
    for seed in range(5):
        web = hits.web(seed)
        lifts = {True: [], False: []}
        for subject in SUBJECTS:
            for term in TERMS:
                lift = web.pages(subject, term) / web.base[term]
                lifts[term == body_of(seed, subject)].append(math.log(lift))
        assert statistics.median(lifts[True]) > statistics.median(lifts[False]) + 0.5


def test_largest_count_is_often_right_and_often_wrong():
    right = 0
    for subject in SUBJECTS:
        counts = {term: hits.count(7, f"{subject} {term}") or 0 for term in TERMS}
        right += max(TERMS, key=lambda term: counts[term]) == body_of(7, subject)
    assert 0.35 < right / len(SUBJECTS) < 0.95


def test_counts_are_pure_rounded_noisy_and_sometimes_missing():
    phrases = [f"{subject} {term}" for subject in SUBJECTS for term in TERMS]
    counts = [hits.count(7, phrase) for phrase in phrases]
    assert counts == [hits.count(7, f'"{phrase}"'.upper()) for phrase in phrases]
    assert counts.count(None) / len(counts) == pytest.approx(hits.MISSING, abs=0.01)
    known = [number for number in counts if number is not None]
    assert min(known) >= 1
    assert all(hits.two_digits(number) == number for number in known)
    tail = sorted(known)
    assert sum(tail[-len(tail) // 100 :]) > 0.3 * sum(tail)


def test_engines_differ_and_slip_by_a_thousand():
    ratios = []
    for subject in SUBJECTS:
        one, two = (hits.count(7, f"{subject} suv", engine) for engine in ("one", "two"))
        if one and two and min(one, two) > 20:
            ratios.append(math.log10(one / two))
    middle = statistics.median(ratios)
    slips = sum(abs(ratio - middle) > 2 for ratio in ratios) / len(ratios)
    assert 0.01 < slips < 0.12


def test_days_differ_less_than_engines_do():
    spread = {}
    for name, other in {"engine": ("two", 0), "day": ("one", 3)}.items():
        pairs = [
            (hits.count(7, f"{subject} car", "one"), hits.count(7, f"{subject} car", *other))
            for subject in SUBJECTS
        ]
        ratios = [math.log(one / two) for one, two in pairs if one and two and min(one, two) > 20]
        middle = statistics.median(ratios)
        spread[name] = statistics.median(abs(ratio - middle) for ratio in ratios)
    assert 0 < 2 * spread["day"] < spread["engine"]


def test_some_engines_claim_a_thousand_times_the_web():
    larger = 0
    for seed in range(100):
        one, two = (
            statistics.median(
                hits.count(seed, f"{name} car", engine) or 1 for name in SUBJECTS[:50]
            )
            for engine in ("one", "two")
        )
        larger += not 1 / 150 < one / two < 150
    assert 10 < larger < 50


@pytest.mark.parametrize("name", ["audi 80", "audi tt", "infiniti g"])
def test_a_number_or_a_letter_is_found_everywhere(name):
    def lift(name: str, seed: int) -> float:
        true = body_of(seed, name)
        other = next(term for term in TERMS if term != true)
        web = hits.web(seed)
        return math.log(web.pages(name, true) / web.pages(name, other) / web.base[true])

    plain = "audi quattroporte"
    assert statistics.median(lift(name, seed) for seed in range(60)) < statistics.median(
        lift(plain, seed) for seed in range(60)
    )


def test_without_quotes_there_are_more_pages_but_not_always():
    fewer = [hits.apart(7, f"{subject} car", 1000) < 1000 for subject in SUBJECTS]
    assert 0.02 < sum(fewer) / len(fewer) < 0.08


@pytest.mark.parametrize(("number", "rounded"), [(0, 1), (7, 7), (99.6, 100), (1234, 1200)])
def test_two_digits(number, rounded):
    assert hits.two_digits(number) == rounded


def test_pages_show_the_count_in_many_ways_or_not_at_all(demo_web):
    base = demo_web(faults="none").base
    shapes = set()
    for number in range(60):
        phrase = f"ford model{number} car"
        page = Selector(search(base, f'"{phrase}"', "/search").text)
        text = page.css("span.sb_count::text").get()
        expected = hits.count(7, phrase)
        assert (text is None) == (expected is None)
        if text is not None:
            digits = re.sub(r"^.* of |\D", "", html.unescape(text).removesuffix(" results"))
            assert int(digits) == expected
            shapes.add(re.sub(r"\d+", "0", text))
    assert len(shapes) >= 6
