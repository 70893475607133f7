"""Who may import whom: the arrows of the architecture, for every module there is and will be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = {
    "carscrape.items",
    "carscrape.ledger",
    "carscrape.store",
    "carscrape.recipe",
    "carscrape.remote.urls",
}
# For a store at a URL, and so only in what is imported for one.
BEYOND = {"carscrape.remote.fetching", "carscrape.remote.objects"}
MAY_REACH_BEYOND = "postprocess.remote"
HTTP_CLIENTS = {"aiohttp", "http", "httpx", "pycurl", "requests", "socket", "treq", "twisted"}
HEAVY = {"keras", "tensorflow"}
MAY_BE_HEAVY = {"postprocess.backbones", "postprocess.exporters.tfrecord"}

Import = tuple[str, bool]  # the full name of a module, and whether it is imported at the top


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> Iterator[Import]:
    """Everything a file imports; `from a import b` counts as a and as a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node not in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            yield node.module, node not in inside
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node not in inside


def names(path: Path) -> set[str]:
    return {name for name, _ in imports_of(path)}


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _is_shared(name: str) -> bool:
    return any(is_below(name, each) for each in SHARED)


def loaded_by(modules: list[str]) -> set[str]:
    """The modules that a fresh interpreter has loaded after importing these, and not before."""
    code = (
        "import sys, importlib\n"
        "before = set(sys.modules)\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(*set(sys.modules) - before, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def roots(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_carscrape_never_loads_postprocess_or_keras() -> None:
    loaded = loaded_by([module_of(path) for path in sources("carscrape")])
    assert "carscrape.engines.bing" in loaded
    assert not roots(loaded) & {"postprocess", *HEAVY}


def test_postprocess_never_loads_the_crawl() -> None:
    loaded = loaded_by([module_of(path) for path in sources("postprocess")])
    assert "postprocess.stage" in loaded
    assert not roots(loaded) & {"scrapy", "twisted", *HEAVY}
    crawl = {name for name in loaded if is_below(name, "carscrape")}
    shared = [name for name in map(module_of, sources("carscrape")) if _is_shared(name)]
    assert crawl <= loaded_by([*shared, *BEYOND])


@pytest.mark.parametrize("path", sources("postprocess"), ids=module_of)
def test_postprocess_imports_the_shared_modules_alone(path: Path) -> None:
    crawl = {name for name in names(path) if is_below(name, "carscrape")} - {"carscrape"}
    beyond = BEYOND if module_of(path) == MAY_REACH_BEYOND else set()
    assert all(_is_shared(name) or any(is_below(name, each) for each in beyond) for name in crawl)


@pytest.mark.parametrize("path", sources("carscrape"), ids=module_of)
def test_carscrape_imports_nothing_of_postprocess(path: Path) -> None:
    assert not roots(names(path)) & {"postprocess", *HEAVY}


@pytest.mark.parametrize("module", sorted(SHARED))
def test_shared_modules_are_standard_library(module: str) -> None:
    assert roots(loaded_by([module])) <= sys.stdlib_module_names | {"carscrape"}


@pytest.mark.parametrize("path", sources("carscrape/engines"), ids=module_of)
def test_engines_know_neither_each_other_nor_an_http_client(path: Path) -> None:
    imported = names(path)
    others = {module_of(other) for other in sources("carscrape/engines")}
    others -= {"carscrape.engines", "carscrape.engines.base", module_of(path)}
    assert not imported & others
    assert not roots(imported) & HTTP_CLIENTS
    assert not {name for name in imported if is_below(name, "urllib.request")}


@pytest.mark.parametrize("path", sources("postprocess/stages"), ids=module_of)
def test_stages_do_not_know_each_other(path: Path) -> None:
    others = {module_of(other) for other in sources("postprocess/stages")}
    others -= {"postprocess.stages", module_of(path)}
    assert not {name for name in names(path) if any(is_below(name, other) for other in others)}


@pytest.mark.parametrize("path", sources("postprocess"), ids=module_of)
def test_only_two_modules_name_keras_or_tensorflow_and_only_inside_functions(path: Path) -> None:
    heavy = [(name, top) for name, top in imports_of(path) if roots({name}) & HEAVY]
    if any(is_below(module_of(path), each) for each in MAY_BE_HEAVY):
        assert not [name for name, top in heavy if top]
        return
    assert not heavy
    texts = {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not {text for text in texts if text in HEAVY or text.startswith("keras.")}
