"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from carscrape.engines.base import engine_names
from postprocess.options import parser

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text())
    assert all((document.parent / link).exists() for link in links), links


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_do_something(document: Path) -> None:
    """A module that is named behind `python -m` can be run, and a target of make is one."""
    text = document.read_text()
    for module in re.findall(r"python -m ((?:carscrape|postprocess|tests)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        main = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert '__name__ == "__main__"' in main.read_text(), module
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z][\w-]*)", text):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_a_million_images_take_what_was_measured() -> None:
    """What operations.md says of verify and subject is what benchmarks.md has of a core."""
    measured = (ROOT / "docs" / "benchmarks.md").read_text()
    (verify,) = re.findall(r"\| verify, with reading .*? \| (\d+) \|", measured)
    (subject,) = re.findall(r"\| MobileNetV2 \|(?: \d+ \|){3} (\d+) \| 0", measured)
    minutes = round(10**6 / int(verify) / 60)
    each = int(subject) / 2  # it was measured on two cores
    hours = round(10**6 / each / 3600)
    said = (ROOT / "docs" / "operations.md").read_text()
    assert f"{subject} images a second, about {each:.0f} a core" in said
    assert f"| {minutes} min | {hours} h; a GPU" in said


def test_design_names_files_that_exist() -> None:
    listing = (ROOT / "docs" / "design.md").read_text().split("```")[1]
    package = ""
    for line in listing.splitlines():
        if match := re.match(r"(\w+/) ", line):
            package = match[1]
        elif line.startswith("  "):
            for name in re.findall(r"[\w./]+", line[:27].strip()):
                assert (ROOT / package / name).exists(), package + name


def test_reliability_names_tests_that_exist() -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"\btest_\w+\b(?!\.py)", (ROOT / "docs" / "reliability.md").read_text())
    assert named
    assert all(f"def {name}(" in tests for name in named), named


def test_readme_names_every_verb_and_engine() -> None:
    readme = (ROOT / "README.md").read_text()
    (verbs,) = (action.choices for action in parser()._actions if action.dest == "verb")
    stages = {"verify", "dedupe", "subject", "colour", "label"}
    missing = [verb for verb in verbs if verb not in stages and f"postprocess {verb}" not in readme]
    assert missing == []
    assert all(name in readme for name in engine_names())
