"""No module and no crawl reads a pickle, or anything else that could run code."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows

READERS = {"_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
"""Modules that make objects, and so run code, of what they read."""
CALLS = {"eval", "exec", "compile", "torch.load", "yaml.load", "yaml.unsafe_load", "yaml.full_load"}
"""Calls that do."""
METHODS = {"read_pickle", "load_model", "model_from_json"}
"""Calls that do, of whatever."""


def doors(tree: ast.AST) -> Iterator[str]:
    """Everything in a module by which a file could run code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_reader(alias.name))
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if _is_reader(name) or _is_call(name))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if _is_call(name) or "allow_pickle" in {keyword.arg for keyword in node.keywords}:
                yield name


def _is_call(name: str) -> bool:
    return name in CALLS or name.rpartition(".")[2] in METHODS


def _is_reader(module: str) -> bool:
    return not READERS.isdisjoint(module.split(".")[:1])


@pytest.mark.accepts("I04")
def test_no_module_reads_what_can_run_code() -> None:
    packages = [ROOT / "carscrape", ROOT / "postprocess"]
    modules = [path for package in packages for path in package.rglob("*.py")]
    assert len(modules) > 100
    found = {path: list(doors(ast.parse(path.read_text("utf-8")))) for path in modules}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, marshal as m",
        "from joblib import load",
        "from keras.saving import load_model",
        "def f():\n    import shelve",
        "eval('1')",
        "keras.models.load_model(path)",
        "torch.load(path)",
        "yaml.load(text)",
        "pd.read_pickle(path)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_the_search_finds(source: str) -> None:
    assert list(doors(ast.parse(source)))
    assert not list(doors(ast.parse(f"'''{source}'''  # {source!r}\nre.compile('')")))


@pytest.mark.accepts("I04")
@pytest.mark.parametrize("spider", ["image_search", "hitcounts"])
def test_a_crawl_reads_no_pickle(tmp_path: Path, demo_web: DemoWeb, spider: str) -> None:
    """Neither when it starts nor when it goes on from a ledger."""
    demo, read = demo_web(faults="realistic"), tmp_path / "read"
    images = spider == "image_search"
    words = [recipe(tmp_path, "red ford")] if images else ["engines=demo", "makes=ford"]
    for limit in (1, 2):
        more = [] if images and limit == 2 else [f"limit={limit}"]
        asked = (spider, tmp_path / "s", *words, *more, f"demo_port={demo.port}")
        code, output = crawl(*asked, faults=(f"no_pickle={read}",))
        assert code in (0, 1), output
        assert_quiet(output)
        assert not read.exists(), read.read_text()
    table = "image" if images else "hit"
    assert rows(tmp_path / "s", f"select count(*) from {table}")[0][0] > 1


def test_a_pickle_that_scrapy_reads_is_seen(tmp_path: Path) -> None:
    """A spider of nobody's with a job folder, run twice: the second time it reads its state."""
    (tmp_path / "nobody.py").write_text("import scrapy\nclass Nobody(scrapy.Spider): name = 'n'\n")
    read, outputs = tmp_path / "read", []
    for faults in ([], [f"no_pickle={read}"]):
        done = subprocess.run(
            [sys.executable, "-m", "tests.faulty", *faults, "--", *JOB],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        outputs.append("a pickle was read" in done.stderr)
    assert outputs == [False, True]
    assert "spiderstate" in read.read_text()


JOB = ("runspider", "nobody.py", "-s", "JOBDIR=job", "-s", "REMOTE_CONTROL_ENABLED=0")


@pytest.mark.accepts("I04")
@pytest.mark.parametrize("spider", ["image_search", "hitcounts"])
@pytest.mark.parametrize("name", ["JOBDIR", "HTTPCACHE_ENABLED"])
def test_scrapy_s_own_pickles_are_refused(tmp_path: Path, spider: str, name: str) -> None:
    setting = f"{name}={tmp_path / 'jobs' if name == 'JOBDIR' else 1}"
    code, output = crawl(spider, tmp_path / "s", "engines=demo", settings=(setting,))
    assert code == 2
    assert (
        output == f"scrapy crawl: setting {name}: it reads pickles, which run code; leave it out\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_cache_may_be_named_when_it_is_off(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = (recipe(tmp_path, "red ford"), f"demo_port={demo.port}")
    off = ("HTTPCACHE_ENABLED=0", "JOBDIR=")
    assert crawl("image_search", tmp_path / "s", *asked, settings=off)[0] == 0
