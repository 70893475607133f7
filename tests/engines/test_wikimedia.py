"""What is special about Wikimedia Commons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_answers import asked_of, images

from carscrape.engines.base import load_engine


@given(order=st.permutations(range(1, 8)))
def test_commons_files_are_in_order_of_rank(order: list[int]) -> None:
    pages = {
        str(100 - rank): {"index": rank, "imageinfo": [{"url": f"https://a.example/{rank}"}]}
        for rank in order
    }
    page = images("wikimedia", {"batchcomplete": "", "query": {"pages": pages}})
    assert [int(result.image_url[-1]) for result in page.results] == list(range(1, 8))


def test_commons_is_sent_back_what_it_said_and_its_word_changes_nothing_else() -> None:
    engine = load_engine("wikimedia")
    given = {"gsroffset": 50, "continue": "gsroffset||", "gsrsearch": "spam", "maxlag": 999}
    pages = {"1": {"imageinfo": [{"url": "https://a.example/1"}]}}
    cursor = images("wikimedia", {"continue": given, "query": {"pages": pages}}).next_cursor
    first, second = (asked_of(engine.image_request("red kettle", c)) for c in (None, cursor))
    assert second == {**first, "gsroffset": ["50"], "continue": ["gsroffset||"]}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<a href="//a.example" title="Jo">Jo &amp; Co</a>', "Jo & Co"),
        ("<bdi>A<br>B</bdi>", "A B"),
        ("<b>J</b>o<span style='display: NONE'></span><i style='display : none'>Jo</i>", "Jo"),
        ("Jo < Ann", "Jo < Ann"),
        ("<style>a {}</style>Jo\n<script>x()</script>", "Jo"),
        ("Jo\ud800\x00", "Jo"),
        ("", ""),
        (7, ""),
    ],
)
def test_an_author_is_a_line_of_text(html: object, text: str) -> None:
    info = {"url": "https://a.example/1", "extmetadata": {"Artist": {"value": html}}}
    (result,) = images("wikimedia", {"imageinfo": [info]}).results
    assert result.author == text
