"""Keys of engines: whatever is logged or kept, they are not in it."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from carscrape import secrets
from carscrape.secrets import BLOT, WithoutKeys, bytes_without_keys, read_key, without_keys

KEY = "s3cret/key+of ours"
QUOTED = ["s3cret%2Fkey%2Bof%20ours", "s3cret%2Fkey%2Bof+ours"]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was read; none of other tests."""
    monkeypatch.setattr(secrets, "_known", set())
    monkeypatch.setenv("OUR_KEY", f" {KEY}\n")
    assert read_key("OUR_KEY") == KEY


@pytest.fixture
def logged() -> Iterator[tuple[logging.Logger, StringIO]]:
    """A logger as the crawl has it, and what it writes."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(WithoutKeys())
    logger = logging.getLogger("tests.secrets")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, text
    logger.removeHandler(handler)


def test_no_key_is_the_empty_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUR_KEY")
    assert read_key("OUR_KEY") == ""


@pytest.mark.parametrize("spelled", [KEY, *QUOTED])
def test_it_is_blotted_out_however_it_is_spelled(spelled: str) -> None:
    assert without_keys(f"a {spelled} b {spelled}") == f"a {BLOT} b {BLOT}"
    assert bytes_without_keys(f"\xff{spelled}".encode("latin-1")) == b"\xff" + BLOT.encode()


def test_a_short_word_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blotting it out would blot out parts of other words."""
    monkeypatch.setenv("SHORT", "a")
    assert read_key("SHORT") == "a"
    assert without_keys("a car") == "a car"


def test_of_two_keys_the_longer_is_blotted_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGER", f"{KEY} and more")
    read_key("LONGER")
    assert without_keys(f"{KEY} and more") == BLOT


def test_arguments_of_a_log_line_hold_none(logged: tuple[logging.Logger, StringIO]) -> None:
    logger, text = logged
    logger.warning("asked %s for %d", f"http://a.example/?key={QUOTED[0]}", 3)
    logger.warning(f"asked {KEY}")
    assert text.getvalue() == f"asked http://a.example/?key={BLOT} for 3\nasked {BLOT}\n"


def test_a_traceback_holds_none(logged: tuple[logging.Logger, StringIO]) -> None:
    logger, text = logged
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        logger.exception("it broke")
    assert f"ValueError: bad key {BLOT}" in text.getvalue()
    assert "Traceback" in text.getvalue()
    assert KEY not in text.getvalue()


def test_a_wrong_log_call_neither_raises_nor_tells(
    logged: tuple[logging.Logger, StringIO], capsys: pytest.CaptureFixture[str]
) -> None:
    logger, text = logged
    logger.warning("%d keys", KEY)
    assert text.getvalue() == f"%d keys ('{BLOT}',)\n"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("pasted", ["a-key\nwith-a-line", "a-key\u00a0and-more", "a-key\udc80"])
def test_what_no_key_can_be_breaks_nothing(monkeypatch: pytest.MonkeyPatch, pasted: str) -> None:
    monkeypatch.setenv("PASTED", pasted)
    assert not secrets.is_sendable(read_key("PASTED"))
    assert bytes_without_keys(b"a page") == b"a page"
