import io
from dataclasses import replace

import pytest
from rich.console import Console
from stores import Found, make_store

from postprocess.funnel import Funnel, Share, StageCount, count
from postprocess.status import problems, show


@pytest.fixture
def funnel(tmp_path) -> Funnel:
    return count(make_store(tmp_path, [Found(b"1")]))


def shown(funnel: Funnel) -> str:
    file = io.StringIO()
    show(funnel, Console(file=file, width=200, force_terminal=True, color_system=None))
    return file.getvalue()


@pytest.mark.parametrize("text", ["[red]x", ":smile:", "[/b]", "[link=https://a.example]x"])
def test_strangers_text_is_no_markup(funnel: Funnel, text: str) -> None:
    skipped = StageCount("subject", 0, 0, {}, 0, text)
    label = Share(text, 1, 1, 1, 1)
    said = shown(replace(funnel, stages=(skipped,), labels=(label,), pages={text: 1}))
    assert said.count(text) == 3


def test_strangers_text_does_not_steer_the_terminal(funnel: Funnel) -> None:
    skipped = StageCount("subject", 0, 0, {}, 0, "\x1b[2Jgone\n")
    funnel = replace(funnel, stages=(skipped,))
    assert "\ufffd[2Jgone\ufffd" in shown(funnel)
    assert problems(funnel)[0] == "subject was skipped: \ufffd[2Jgone\ufffd"


def test_what_was_not_judged_may_be_damaged(funnel: Funnel) -> None:
    verify = StageCount("verify", 3, 1, {}, 2, "")
    said = problems(replace(funnel, stages=(verify,)))[0]
    assert "did not judge 2 images, whose files are missing, damaged or cannot be read" in said
