"""Our requirements exclude versions with known holes, and what is installed has none either."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("I08")

FILES = (
    "carscrape/requirements.txt",
    "carscrape/requirements-browser.txt",
    "postprocess/requirements.txt",
    "carscrape/requirements-metrics.txt",
    "carscrape/requirements-remote.txt",
    "carscrape/requirements-fleet.txt",
    "postprocess/requirements-ray.txt",
    "tests/requirements.txt",
)
ADVISORIES = tomllib.loads((ROOT / "tests" / "advisories.toml").read_text("utf-8"))
HOLES = [(hole["package"], hole["fixed"], hole["ids"]) for hole in ADVISORIES["hole"]]
OPEN = [(hole["package"], hole.get("fixed"), hole["why"]) for hole in ADVISORIES["open"]]


def requirements(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def floors() -> dict[str, list[Version]]:
    """Package -> the oldest version that each of our files allows."""
    found: dict[str, list[Version]] = {}
    for file in FILES:
        for requirement in requirements(ROOT / file):
            oldest = [Version(s.version) for s in requirement.specifier if s.operator == ">="]
            found.setdefault(canonicalize_name(requirement.name), []).extend(oldest)
    return found


@pytest.mark.parametrize(("package", "fixed", "ids"), HOLES)
def test_no_file_allows_a_version_with_a_known_hole(
    package: str, fixed: str, ids: list[str]
) -> None:
    allowed = floors().get(package)
    assert allowed, f"{package} needs a floor in one of {FILES}: {', '.join(ids)}"
    assert min(allowed) >= Version(fixed), f"{package} before {fixed} has {', '.join(ids)}"


@pytest.mark.parametrize(("package", "fixed", "ids"), HOLES)
def test_what_is_installed_has_no_known_hole(package: str, fixed: str, ids: list[str]) -> None:
    assert Version(version(package)) >= Version(fixed), ", ".join(ids)


@pytest.mark.parametrize(("package", "fixed", "why"), OPEN)
def test_a_hole_that_is_left_open_cannot_be_closed_yet(
    package: str, fixed: str | None, why: str
) -> None:
    """When it can be, this fails: then the entry becomes a `[[hole]]`."""
    assert why
    assert fixed is None or Version(version(package)) < Version(fixed)


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_has_a_floor_a_ceiling_and_is_met(file: str) -> None:
    for requirement in requirements(ROOT / file):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators == {">=", "<"}, requirement
        assert requirement.specifier.contains(version(requirement.name)), requirement


def test_the_package_itself_asks_for_these_versions() -> None:
    """What `pip install` reads is made from the same files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    dynamic = project["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"]["file"] == [FILES[0]]
    assert dynamic["optional-dependencies"]["browser"]["file"] == [FILES[1]]
    assert dynamic["optional-dependencies"]["postprocess"]["file"] == [FILES[2]]
    assert dynamic["optional-dependencies"]["metrics"]["file"] == [FILES[3]]
    assert dynamic["optional-dependencies"]["remote"]["file"] == [FILES[4]]
    assert dynamic["optional-dependencies"]["fleet"]["file"] == [FILES[4], FILES[5]]
    assert dynamic["optional-dependencies"]["ray"]["file"] == ["postprocess/requirements-ray.txt"]
    assert {"dependencies", "optional-dependencies"} <= set(project["project"]["dynamic"])
