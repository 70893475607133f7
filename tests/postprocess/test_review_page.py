"""The page of a review in a real browser."""

import socket
import sqlite3
from contextlib import closing

import pytest
from judged import judge
from reviewing import Looker, reviewed_store, serving
from stores import Found, make_store, picture, sha

from postprocess.review.answers import Mark, read
from tests.browsing import needs_chromium

pytestmark = needs_chromium

MARKS = [Mark.WRONG, Mark.UNSURE, Mark.RIGHT]
EVIL = "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>"


def said(store) -> list[tuple[str, Mark, str]]:
    return [(answer.image, answer.mark, answer.only) for answer in read(store)]


@pytest.mark.parametrize("keys", ["123", "jkl", ("ArrowLeft", "ArrowUp", "ArrowRight")])
def test_one_key_per_picture(tmp_path, tab, keys):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        shown = [look.press(key) for key in keys]
        assert look.count == "3 of 12"
    assert said(store) == [(i, mark, "") for i, mark in zip(shown, MARKS, strict=True)]
    assert look.complaints == []


def test_a_word_that_is_wrong_is_named_by_its_key_or_by_a_tap(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        first = look.press("4")
        second = look.image
        look.page.click("#label button:nth-child(3)")
        look.wait(but=second)
        assert "color" in look.page.inner_text("#panel")
    assert said(store) == [(first, Mark.WRONG, "color"), (second, Mark.WRONG, "model")]


def test_keys_held_down_or_with_others_answer_nothing(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        look.page.keyboard.press("Control+3")
        look.page.keyboard.down("3")
        look.page.keyboard.down("3")  # what a keyboard does on its own: a repetition
        look.page.keyboard.up("3")
        look.page.wait_for_function(
            "() => document.querySelector('#count').innerText === '1 of 12'"
        )
        look.press("1")
    assert [mark for _, mark, _ in said(store)] == [Mark.RIGHT, Mark.WRONG]


def test_undo_brings_the_picture_back_and_stays(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        first, second = look.press("3"), look.press("3")
        look.press("z")
        assert look.image == second
        look.reload()
        assert (look.image, look.count) == (second, "1 of 12")
        look.press("Backspace")
        assert (look.image, look.count) == (first, "0 of 12")
        assert look.page.is_disabled("#undo")
        look.press("1")
    with serving(store) as served:
        assert served.act("next")["done"] == 1
    assert said(store) == [(first, Mark.WRONG, "")]


def test_a_reload_in_the_middle_goes_on_where_it_was(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        answered = [look.press("3") for _ in range(3)]
        current = look.image
        look.reload()
        assert (look.image, look.count) == (current, "3 of 12")
        look.press("z")
        assert look.image == answered[-1]


def test_two_browsers_share_the_work_and_lose_nothing(tmp_path, tab):
    store = reviewed_store(tmp_path, 23)
    with serving(store) as served:
        lookers = [Looker(tab(), served.url) for _ in range(2)]
        asked: list[str] = []
        while waiting := [look for look in lookers if not look.ended]:
            asked += [look.press("3") for look in waiting]
        for look in lookers:
            look.page.wait_for_function(
                "() => document.querySelector('#count').innerText === '23 of 23'"
            )
            assert look.complaints == []
    assert sorted(asked) == sorted(store.images())
    assert sorted(answer.image for answer in read(store)) == sorted(asked)
    assert len({answer.client for answer in read(store)}) == 2


def test_the_end_offers_more_of_what_is_worth_it(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store, "--sample", "4") as served:
        look = Looker(tab(), served.url)
        for _ in range(4):
            look.press("3")
        assert look.ended
        assert "red ford mustang" in look.page.inner_text("#rest")
        look.page.keyboard.press("Enter")
        look.page.wait_for_selector("#look", state="visible")
        look.wait()
        while not look.ended:
            look.press("3")
        assert look.count == "12 of 12"
        assert "Every kept image has been looked at" in look.page.inner_text("#rest")


PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}


def test_fits_a_phone_and_is_swiped(tmp_path, tab):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        look = Looker(tab(**PHONE), served.url)
        width = look.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        for button in look.page.query_selector_all("#marks button"):
            box = button.bounding_box()
            assert box["width"] > 80
            assert box["height"] > 44
            assert box["y"] + box["height"] <= 640
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 360
        first, second = swipe(look, 150), swipe(look, -150)
        still = look.image
        swipe(look, 20, waits=False)
        assert look.image == still
    assert said(store) == [(first, Mark.RIGHT, ""), (second, Mark.WRONG, "")]


def swipe(look: Looker, by: int, waits: bool = True) -> str:
    """Pull the picture so many pixels to the right; returns its id."""
    before = look.image
    mouse = look.page.mouse
    mouse.move(180, 200)
    mouse.down()
    mouse.move(180 + by, 200, steps=5)
    mouse.up()
    if waits:
        look.wait(but=before)
    return before


@pytest.mark.accepts("H02")
def test_strangers_text_is_text_and_no_request_leaves_loopback(tmp_path, tab):
    attributes = {"color": EVIL, "make": '"><svg onload=alert(3)>'}
    store = make_store(tmp_path, [Found(picture(n), attributes) for n in range(3)])
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute("update result set title = ?, page_url = 'javascript:alert(4)'", (EVIL,))
        ledger.execute("update query set text = ?", (EVIL,))
    judge(store)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        assert look.page.inner_text("#label b") == EVIL
        assert look.page.text_content("#found .title") == EVIL
        assert look.page.text_content("#found .page") == "javascript:alert(4)"
        assert look.page.query_selector_all("#found a, #label img, #found img, svg") == []
        look.press("3")
        assert EVIL in look.page.inner_text("#panel")
        assert all(url.startswith(served.url) for url in look.requests)
        assert len(look.requests) > 5
        assert look.complaints == []


@pytest.mark.accepts("H02")
def test_even_code_in_the_page_could_load_nothing(tmp_path, tab):
    with serving(reviewed_store(tmp_path)) as served:
        look = Looker(tab(), served.url)
        with socket.create_server(("127.0.0.1", 0)) as other:
            other.setblocking(False)
            assert loads(look, "icon.svg")
            assert not loads(look, f"http://127.0.0.1:{other.getsockname()[1]}/x")
            with pytest.raises(BlockingIOError):  # nobody has connected
                other.accept()
        (complaint,) = look.complaints
        assert "Content Security Policy" in complaint


def loads(look: Looker, url: str) -> bool:
    script = """url => new Promise(done => document.body.append(Object.assign(new Image(),
        {src: url, onload: () => done(true), onerror: () => done(false)})))"""
    loaded: bool = look.page.evaluate(script, url)
    return loaded


def test_a_picture_that_cannot_be_drawn_is_said_and_can_be_answered(tmp_path, tab):
    store = make_store(tmp_path, [b"no picture"])
    judge(store)
    with serving(store) as served:
        look = Looker(tab(), served.url)
        assert look.page.is_visible("#undrawn")
        look.press("2")
        assert look.ended
    assert said(store) == [(sha(b"no picture"), Mark.UNSURE, "")]


def test_an_answer_that_is_not_saved_is_said_and_keeps_its_picture(tmp_path, tab):
    with serving(reviewed_store(tmp_path)) as served:
        look = Looker(tab(), served.url)
        current = look.image
        served.stop()
        look.page.keyboard.press("3")
        look.page.wait_for_selector("#trouble", state="visible")
        assert look.page.inner_text("#trouble").startswith("Not saved")
        assert (look.image, look.count) == (current, "0 of 12")
