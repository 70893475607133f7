"""Hit counts as a table, as CSV and as a picture."""

import csv
import io
import math
import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from stores import make_store

from carscrape.items import HitCount, PageVerdict
from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.hits import picture as hits_picture
from postprocess.hits import write_hits
from postprocess.hits.picture import draw
from postprocess.hits.table import HitsError, HitTable, SubjectHits, combine, read_hits

MUSTANG = {"make": "ford", "model": "mustang"}
COUNTS = st.dictionaries(st.sampled_from(["car", "suv", "truck", "van"]), st.integers(0, 10**11))

DAY = "2026-11-26"

GOLDEN = """\
make,model,car,truck,label,car_share,truck_share,counted
'=cmd(),500,10,10,,0.500000,0.500000,2 of 2
fiat,500,0,,,,,1 of 2
fiat,panda,,,,,,0 of 2
ford,mustang,300,100,car,0.750000,0.250000,2 of 2
ford,ranger,,7,truck,,1.000000,1 of 2
"""


def with_hits(store: Store, counts: list[tuple[str, dict[str, str], str, int | None]]) -> Store:
    """Adds hit counts: engine, subject, term, count."""
    hits = [
        HitCount(engine, f'"{engine} {subject} {term}"', subject, term, DAY, count=count)
        for engine, subject, term, count in counts
    ]
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.hits.plan(hits)
        for engine in {hit.engine for hit in hits}:
            ours = [hit for hit in hits if hit.engine == engine]
            for row, hit in zip(ledger.hits.due(engine, 1.0, 1000), ours, strict=True):
                hit.verdict = PageVerdict.RESULTS
                ledger.hits.finish(row["id"], hit)
    return store


def test_counts_labels_and_shares_as_csv(tmp_path):
    ranger, panda = {"make": "ford", "model": "ranger"}, {"make": "fiat", "model": "panda"}
    fiat, evil = {"make": "fiat", "model": "500"}, {"make": "=cmd()", "model": "500"}
    store = with_hits(
        make_store(tmp_path, []),
        [
            ("bing", MUSTANG, "truck", 100),  # the recipe says "car" first
            ("bing", MUSTANG, "car", 300),
            ("bing", ranger, "truck", 7),
            ("bing", ranger, "car", None),
            ("bing", panda, "car", None),
            ("bing", fiat, "car", 0),
            ("bing", evil, "car", 10),
            ("bing", evil, "truck", 10),
        ],
    )
    table, picture = write_hits(store)
    assert table.read_text(encoding="utf-8") == GOLDEN
    with Image.open(picture) as image:
        assert image.format == "PNG"


def test_says_how_much_is_not_counted(tmp_path):
    hits = [("bing", MUSTANG, "car", 5), ("bing", MUSTANG, "truck", None)]
    store = with_hits(make_store(tmp_path, []), hits)
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.hits.plan([HitCount("bing", '"never asked"', MUSTANG, "van", DAY)])
    table = read_hits(store)
    assert (table.phrases, table.uncounted, table.waiting) == (3, 1, 1)
    assert table.terms == ("car", "truck", "van")
    assert "1 counted, 1 answered without a count, 1 not asked yet" in table.summary


def test_a_store_without_hit_counts_says_what_to_do(tmp_path):
    with pytest.raises(HitsError, match="run scrapy crawl hitcounts -s STORE="):
        write_hits(make_store(tmp_path, []))


def test_a_damaged_ledger_is_named(tmp_path):
    store = make_store(tmp_path, [])
    with closing(sqlite3.connect(store.ledger_path())) as ledger:
        ledger.execute("drop table hit")
    with pytest.raises(Exception, match=r"cannot read the ledger .*all\.sqlite"):
        read_hits(store)


@given(COUNTS)
def test_shares_sum_to_one_and_the_label_is_the_largest(counts):
    row = SubjectHits(MUSTANG, counts)
    assert set(row.shares) in (set(), set(counts))  # absent stays absent
    if row.shares:
        assert math.isclose(sum(row.shares.values()), 1)
    largest = [term for term, n in counts.items() if n == max(counts.values()) and n]
    assert row.label == (largest[0] if len(largest) == 1 else "")


def frame(found: dict[tuple[str, str], dict[str, int]]) -> pd.DataFrame:
    rows = [(engine, *phrase, n) for phrase, by in found.items() for engine, n in by.items()]
    return pd.DataFrame(rows, columns=["engine", "subject", "term", "count"])


@given(st.dictionaries(st.tuples(st.text(), st.text()), st.integers(0, 10**16)))
def test_the_counts_of_one_engine_stay_as_they_are(counts):
    found = {phrase: {"bing": n} for phrase, n in counts.items()}
    assert combine(frame(found)) == counts


@given(COUNTS.filter(bool), st.integers(2, 1000))
def test_an_engine_of_a_larger_web_has_no_larger_say(counts, factor):
    """One engine shows (n + 1) x factor - 1: the same ratios, so the order stays."""
    found = {("s", term): {"small": n, "large": (n + 1) * factor - 1} for term, n in counts.items()}
    combined = combine(frame(found))
    order = sorted(counts, key=lambda term: counts[term])
    assert [combined["s", term] for term in order] == sorted(combined.values())


def test_the_median_of_engines_outvotes_a_slip():
    honest = {("s", "car"): 1000, ("s", "suv"): 100, ("s", "van"): 100}
    found = {phrase: dict.fromkeys(("a", "b", "c"), n) for phrase, n in honest.items()}
    found["s", "suv"]["b"] = 100_000
    assert combine(frame(found)) == honest


@pytest.mark.parametrize("subjects", [1, 40, 130])
def test_the_picture_has_a_sensible_size(monkeypatch, subjects):
    monkeypatch.setattr(hits_picture, "MOST_ROWS", 60)
    rows = [
        SubjectHits({"model": f"$m_{n}$ \N{KATAKANA LETTER KA}\n"}, {"car": n + 1, "suv": 20})
        for n in range(subjects)
    ]
    table = HitTable(("car", "suv", "van"), tuple(rows), ("bing",), 3 * subjects, 0, subjects)
    width, height = Image.open(io.BytesIO(draw(table))).size
    assert 400 < width < 1300
    assert 300 < height < 1300


def test_csv_is_read_back_as_it_was(tmp_path):
    subject = {"make": 'a "b", c', "model": "d\ne"}
    path, _ = write_hits(with_hits(make_store(tmp_path, []), [("bing", subject, "car", 3)]))
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert {name: row[name] for name in subject} == subject
