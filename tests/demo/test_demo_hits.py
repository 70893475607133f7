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
