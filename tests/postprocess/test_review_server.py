"""What the server of a review answers, to whom, and what is left when it ends."""

import signal
import socket
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from judged import judge
from PIL import Image
from reviewing import Served, reviewed_store, serving
from stores import Found, make_store, picture, sha

from postprocess import cli
from postprocess.review.answers import read
from tests.listening import children, listening

PATIENCE = 30.0  # seconds


def alive(pid: int) -> bool:
    with suppress(OSError):
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # nothing left of a zombie
    return False


def all_end(pids: list[int]) -> bool:
    end = time.monotonic() + PATIENCE
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, pids))


def descendants(pid: int) -> list[int]:
    return [pid, *(other for child in children(pid) for other in descendants(child))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    with serving(reviewed_store(tmp_path_factory.mktemp("review"))) as started:
        yield started


def test_listens_on_loopback_alone(served: Served):
    waits = {socket for pid in descendants(served.process.pid) for socket in listening(pid)}
    assert {each for each in waits if not each.startswith("unix")} == {
        f"tcp 127.0.0.1:{served.port}"
    }


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/wrong/", "/wrong/next", "/{other}/", "/%74/"]
)
def test_without_the_token_there_is_nothing(served: Served, path: str):
    other = served.token[:-1] + ("A" if served.token[-1] != "A" else "B")
    status, headers, body = served.ask(path.format(other=other))
    assert status == 404
    assert b"review.js" not in body
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert served.ask(path.format(other=other), {"client": "x"})[0] == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:80", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.2", 403),
        ("[::1]", 403),
        ("localhost:9000", 200),  # the other end of a tunnel
        ("127.0.0.1", 200),
    ],
)
def test_a_name_that_was_made_to_lead_here_is_refused(served: Served, host: str, status: int):
    assert served.ask(f"/{served.token}/", Host=host)[0] == status


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_site_may_not_answer(served: Served, origin: str):
    assert served.ask(f"/{served.token}/next", {"client": "x"}, Origin=origin)[0] == 403
    own = f"http://127.0.0.1:{served.port}"
    assert served.ask(f"/{served.token}/next", {"client": "x"}, Origin=own)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "image/../../recipe.toml",
        "image/..%2f..%2frecipe.toml",
        "image/%2e%2e/recipe.toml",
        "../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "server.py",
        "image/" + "0" * 64,
        "image/",
        "image/" + "0" * 64 + "/../../recipe.toml",
    ],
)
def test_nothing_but_the_page_and_its_pictures_is_served(served: Served, path: str):
    assert served.ask(f"/{served.token}/{path}")[0] == 404


def test_every_answer_forbids_what_comes_from_outside(served: Served):
    pictures = served.act("next")["queue"]
    for path in ("", "review.js", "review.css", f"image/{pictures[0]['id']}"):
        status, headers, _ = served.ask(f"/{served.token}/{path}")
        assert status == 200
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"client": "x"}, 400),
        ({"client": "x", "image": "0" * 64, "mark": "right", "only": ""}, 400),
        ({"client": "x", "image": [], "mark": "right", "only": ""}, 400),
        ({"client": "x" * 5000}, 413),
    ],
)
def test_an_answer_that_fits_nothing_is_refused(served: Served, body: object, status: int):
    assert served.ask(f"/{served.token}/answer", body)[0] == status


@pytest.mark.parametrize("wrong", [{"mark": "maybe"}, {"only": "wheels"}, {"only": 3}])
def test_an_answer_is_one_of_those_that_there_are(served: Served, wrong: dict[str, object]):
    image = served.act("next")["queue"][0]["id"]
    body = {"client": "test", "image": image, "mark": "wrong", "only": "", **wrong}
    assert served.ask(f"/{served.token}/answer", body)[0] == 400


def test_pictures_are_drawn_anew(tmp_path):
    file = BytesIO()
    Image.new("RGBA", (3000, 20), (255, 0, 0, 0)).save(file, "PNG", exif=b"Exif\0\0secret")
    content = file.getvalue()
    store = make_store(tmp_path, [Found(content, type="image/png")])
    judge(store)
    with serving(store) as served:
        status, headers, body = served.ask(f"/{served.token}/image/{sha(content)}")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert b"secret" not in body
    with Image.open(BytesIO(body)) as drawn:
        assert (drawn.format, drawn.width) == ("JPEG", 1400)
        assert min(drawn.getpixel((0, 0))) > 250  # white behind it


def test_ctrl_c_prints_the_summary_and_leaves_nothing(tmp_path):
    store = reviewed_store(tmp_path)
    with serving(store, "--labels", "make,model") as served:
        image = served.act("next")["queue"][0]
        assert [word["name"] for word in image["label"]] == ["make", "model"]
        served.act("answer", image=image["id"], mark="right", only="")
        pids = descendants(served.process.pid)
        code, out, err = served.stop()
    assert (code, err) == (0, "")
    assert out.startswith("right labels (make model): 100.0 % (n = 1, ")
    assert all_end(pids)


def test_what_was_answered_before_a_kill_is_there(tmp_path):
    store = reviewed_store(tmp_path)
    given = []
    for _ in range(2):
        with serving(store) as served:
            for _ in range(2):
                image = served.act("next")["queue"][0]["id"]
                served.act("answer", image=image, mark="wrong", only="color")
                given.append(image)
            pids = descendants(served.process.pid)
            served.stop(by=signal.SIGKILL)
            assert all_end(pids)
    assert [answer.image for answer in read(store)] == given
    assert len(set(given)) == 4


def test_a_store_that_cannot_be_written_is_said_before_anything_is_asked(tmp_path, capsys):
    store = reviewed_store(tmp_path)
    store.review_dir.write_text("in the way")
    assert cli.main(["review", str(store.root)]) == 74
    assert "cannot write the answers" in capsys.readouterr().err


def test_an_answer_that_cannot_be_written_is_no_success(tmp_path):
    store = reviewed_store(tmp_path)
    with serving(store) as served:
        image = served.act("next")["queue"][0]["id"]
        (path,) = store.review_dir.iterdir()
        path.unlink()
        path.mkdir()
        body = {"client": "test", "image": image, "mark": "right", "only": ""}
        status, _, said = served.ask(f"/{served.token}/answer", body)
        assert (status, b"cannot write the answers" in said) == (500, True)
        path.rmdir()
        served.stop()


def test_a_port_that_is_taken_is_said(tmp_path, capsys):
    store = make_store(tmp_path, [picture(1)])
    judge(store)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["review", str(store.root), "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
