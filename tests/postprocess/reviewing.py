"""Reviews that are served, and people who look at them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from judged import judge
from playwright.sync_api import Page
from stores import Found, make_store, picture

from carscrape.store import Store
from tests.conftest import ROOT

LABELS = [
    {"color": color, "make": make, "model": model}
    for color in ("red", "blue")
    for make, model in (("ford", "mustang"), ("fiat", "500"))
]


def reviewed_store(tmp_path: Path, images: int = 12) -> Store:
    """Kept images of four labels, the first label having the most."""
    places = [place % 5 % 4 for place in range(images)]
    found = [Found(picture(n), LABELS[place]) for n, place in enumerate(places)]
    store = make_store(tmp_path, found)
    judge(store)
    return store


@dataclass
class Served:
    """A review that is being served."""

    process: "subprocess.Popen[str]"
    url: str

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def token(self) -> str:
        return urlsplit(self.url).path.strip("/")

    def stop(self, by: int = signal.SIGINT) -> tuple[int, str, str]:
        """Its exit code, and what it printed after the URL."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def ask(
        self, path: str, body: Any = None, method: str = "", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one request, its path as it is given."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method or ("POST" if text else "GET"), path, text, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def act(self, act: str, **more: str) -> dict[str, Any]:
        """What the server says to a browser named `test`."""
        status, _, body = self.ask(f"/{self.token}/{act}", {"client": "test", **more})
        assert status == 200, body
        said: dict[str, Any] = json.loads(body)
        return said


@contextmanager
def serving(store: Store, *arguments: str) -> Iterator[Served]:
    """A review in a process of its own."""
    command = [sys.executable, "-m", "postprocess", "review", str(store.root), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield Served(process, line.split()[0])
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=30)


class Looker:
    """A person at one tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.goto(url)
        self.wait()

    @property
    def image(self) -> str:
        """The id of the picture that is shown."""
        return (self.page.get_attribute("#image", "src") or "").removeprefix("image/")

    @property
    def count(self) -> str:
        return self.page.inner_text("#count")

    @property
    def ended(self) -> bool:
        return self.page.is_visible("#rest")

    def wait(self, but: str = "") -> None:
        """Wait until another picture than this can be answered, or there is none."""
        self.page.wait_for_function(
            "but => !document.querySelector('#rest').hidden || "
            "document.body.classList.contains('ready') && "
            "document.querySelector('#image').getAttribute('src') !== `image/${but}`",
            arg=but,
        )

    def wait_for_count(self, text: str) -> None:
        function = "text => document.querySelector('#count').innerText === text"
        self.page.wait_for_function(function, arg=text)

    def press(self, key: str) -> str:
        """Press a key that brings another picture; returns the id of the one before."""
        before = self.image
        self.page.keyboard.press(key)
        self.wait(but=before)
        return before

    def reload(self) -> None:
        self.page.reload()
        self.wait()
