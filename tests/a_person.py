"""A web with pictures of a person who does not want to be found, and of others; a store of it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from carscrape.demo.pictures import BODIES, COLORS, draw_car
from carscrape.store import Store
from postprocess.cli import main
from postprocess.dataset import register
from postprocess.doctor import examine
from postprocess.funnel import count, disagreements
from tests.crawling import crawl, recipe
from tests.watched_web import Answer, Web, to

HOSTS = [f"127.0.0.{n}" for n in range(1, 10)]
THEIRS, THEIR_HOST = "mine-alone", "127.0.0.7"
OTHERS = range(14)
CARS = ["n04285008", "n03594945", "n03930630", "n03770679"]  # as the demo's network knows them
Result = dict[str, str]
_NOTHING: Mapping[str, Answer] = MappingProxyType({})


def jpeg(number: int, scale: float = 1.0, quality: int = 90) -> bytes:
    bodies, colors = sorted(BODIES), sorted(COLORS)
    picture = draw_car(str(number), bodies[number % 4], colors[number % len(colors)])
    if scale != 1.0:
        size = round(picture.width * scale), round(picture.height * scale)
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


PICTURE, COPY, NEW_COPY = jpeg(20), jpeg(20, 0.8), jpeg(20, 0.6, 80)
ID = sha256(PICTURE).hexdigest()
COPY_ID = sha256(COPY).hexdigest()


@dataclass
class Person:
    """What the web has of them: one picture, shown on one page."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{THEIR_HOST}:{self.port}/{THEIRS}.jpg"

    @property
    def page(self) -> str:
        return f"https://{THEIRS}.example/about?me=1&you=2"

    def result(self, url: str = "") -> Result:
        return {"image": url or self.url, "page": self.page, "title": f"this is {THEIRS}"}


def serve(
    web: Web, query: str, more: Sequence[Result] = (), served: Mapping[str, Answer] = _NOTHING
) -> None:
    """Let a search find the pictures of others, the person's, a copy, and more."""
    found = [
        {
            "image": f"http://127.0.0.{2 + n % 4}:{web.port}/other-{n}.jpg",
            "page": f"https://pages.example/{n}",
            "title": f"number {n}",
        }
        for n in OTHERS
    ]
    web.answers |= {f"/other-{n}.jpg": image(jpeg(n)) for n in OTHERS}
    web.answers |= {f"/{THEIRS}.jpg": image(PICTURE), "/copy.jpg": image(COPY), **served}
    person = Person(web.port)
    copy = {"image": f"http://127.0.0.6:{web.port}/copy.jpg", "page": "", "title": "a copy"}
    results = [*found[:5], person.result(), *found[5:], copy, *more]
    page = {"query": query, "total": len(results), "results": results}
    web.answers["/api/images"] = 200, [], json.dumps(page).encode()


def image(content: bytes) -> Answer:
    return 200, ["Content-Type: image/jpeg"], content


def returning(web: Web) -> tuple[list[Result], dict[str, Answer]]:
    """Ways in which it comes back: a redirect, a mirror, another spelling, a smaller copy."""
    base = f"http://127.0.0.8:{web.port}"
    urls = [f"{base}/{name}.jpg" for name in ("redirect", "mirror", "smaller")]
    again = [{"image": url, "page": "https://else.example/", "title": "back"} for url in urls]
    spelt = Person(web.port).result(Person(web.port).url.replace("mine", "%6Dine") + "#top")
    served = {
        "/redirect.jpg": to(Person(web.port).url),
        "/mirror.jpg": image(PICTURE),
        "/smaller.jpg": image(NEW_COPY),
    }
    return [*again, spelt], served


def crawl_phrase(store: Path, web: Web, phrase: str) -> str:
    """Ask for `car` in words of which no earlier crawl has asked."""
    named = recipe(store.parent, "car")
    path = Path(named.partition("=")[2])
    text = path.read_text().replace('["n04285008"]', json.dumps(CARS))
    path.write_text(text.replace("{word}", phrase))
    asked = (named, f"demo_port={web.port}", "per_query=99")
    code, output = crawl("image_search", store, *asked)
    assert code == 0, output
    return output


def judge(store: Path, *, to: Path) -> None:
    """Judge, export and report."""
    for verb in (["run", "--backbone", "demo"], ["report"], ["export", *_to(to)]):
        name, *options = verb
        assert main([name, str(store), *map(str, options)]) == 0


def _to(folder: Path) -> list[Any]:
    return ["--format", "folders", "--to", folder]


def moved(base: Path, folder: Path) -> tuple[Path, Path]:
    """A copy of a store, and a dataset made of it."""
    shutil.copytree(base, folder / "store")
    register.path_of(Store(folder / "store")).unlink()  # it names the dataset of the first one
    assert main(["export", str(folder / "store"), *map(str, _to(folder / "dataset"))]) == 0
    return folder / "store", folder / "dataset"


def names_in(folder: Path) -> set[str]:
    """The ids of the pictures in a folder, by the names of their files."""
    return {path.stem for path in folder.rglob("*.jpg")}


def traces(folder: Path) -> list[Path]:
    """Files that hold the picture, or that name its URL, page or title."""
    words = (THEIRS.encode(), f"{THEIR_HOST}:".encode(), PICTURE[-400:])
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


def assert_adds_up(store: Path) -> None:
    assert examine(Store(store)) == []
    assert disagreements(count(Store(store))) == []
