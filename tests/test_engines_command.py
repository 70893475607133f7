"""`scrapy engines`: what it tells of every engine, and what a check finds."""

import json
from pathlib import Path

import pytest

from carscrape.engines.base import engine_names
from tests.crawling import DemoWeb
from tests.scrapy_command import MORE_ENGINES, scrapy

KEY = {"KEYED_KEY": "a-secret-of-ours"}


@pytest.fixture
def no_names(tmp_path: Path) -> str:
    """A fault: there is no network, so no name resolves."""
    script = tmp_path / "names.json"
    script.write_text("{}")
    return f"names={script}"


def test_every_engine_is_told_within_80_columns(tmp_path: Path) -> None:
    said = scrapy("engines", cwd=tmp_path)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[0] for line in lines if line[:1].strip()] == engine_names()
    assert "\x1b" not in said.out
    assert list(tmp_path.iterdir()) == []


def test_programs_are_told_the_same(tmp_path: Path) -> None:
    said = scrapy("engines", "--json", cwd=tmp_path)
    told = json.loads(said.out)
    assert [one["name"] for one in told] == engine_names()
    (bing,) = [one for one in told if one["name"] == "bing"]
    assert (bing["page_size"], bing["max_results"], bing["delay"]) == (35, 1000, 3.0)
    assert bing["counts_hits"]
    assert bing["obeys_robots"]
    assert bing["usable"]


def test_a_key_is_asked_for_and_never_told(tmp_path: Path) -> None:
    def keyed(environment: dict[str, str], *arguments: str) -> str:
        more = {"cwd": tmp_path, "faults": (MORE_ENGINES,), "environment": environment}
        return scrapy("engines", "keyed", *arguments, **more).out  # type: ignore[arg-type]

    assert "a key in KEYED_KEY: not set; from keyed.example" in keyed({})
    assert "a key in KEYED_KEY: set\n" in keyed(KEY)
    assert "an interface for programs: its terms hold" in keyed(KEY)
    assert "licence any, share; size large; language; market" in keyed(KEY)
    (told,) = json.loads(keyed(KEY, "--json"))
    assert told["filters"]["licence"] == ["any", "share"]
    assert KEY["KEYED_KEY"] not in keyed(KEY) + keyed(KEY, "--json")


def test_terms_are_told_as_they_are_written(tmp_path: Path) -> None:
    said = scrapy("engines", "judged", cwd=tmp_path, faults=(MORE_ENGINES,))
    assert "forbids [all of this] to programs" in said.out
    assert "yours to judge" in said.out


def test_a_reader_that_works(tmp_path: Path) -> None:
    said = scrapy("engines", "--check", "demo", cwd=tmp_path)
    assert said.out == "demo: works, 50 results with 50 sizes; hits: works, 4,900\n"
    assert (said.code, said.err) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.accepts("F01")
def test_a_page_of_unknown_layout_is_kept(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    port = f"--demo-port={demo.port}"
    said = scrapy("engines", "--check", "demo", port, "--query", "layoutme", cwd=tmp_path)
    images, hits = said.out.split("; ")
    assert images.startswith("demo: LAYOUT UNKNOWN (no list of results in ")
    assert images.endswith("), page kept as ./engines-check/demo-images.html")
    assert hits.startswith("hits: LAYOUT UNKNOWN (")
    kept = sorted(path.name for path in (tmp_path / "engines-check").iterdir())
    assert kept == ["demo-hits.html", "demo-images.html"]
    assert b"pictures" in (tmp_path / "engines-check" / "demo-images.html").read_bytes()
    assert said.code == 1


@pytest.mark.accepts("F02")
def test_a_refusal_is_no_broken_reader_and_is_asked_once(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    port = f"--demo-port={demo.port}"
    said = scrapy("engines", "--check", "demo", port, "--query", "blockme", "--json", cwd=tmp_path)
    (told,) = json.loads(said.out)
    assert [found["verdict"] for found in told["findings"]] == ["blocked", "blocked"]
    assert not told["works"]
    assert said.code == 1
    assert list(tmp_path.iterdir()) == []
    asked = {path: times for path, times in demo.asked().items() if "blockme" in path}
    assert len(asked) == 2
    assert set(asked.values()) == {1}


def test_no_results_for_such_a_query_is_told(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    port = f"--demo-port={demo.port}"
    said = scrapy("engines", "--check", "demo", port, "--query", "nothingme", cwd=tmp_path)
    assert said.out.startswith("demo: NO RESULTS (an empty list), page kept as")
    assert said.code == 1


def test_a_key_goes_to_its_engine_and_nowhere_else(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    check = ("engines", "--check", "keyed", f"--demo-port={demo.port}", "-L", "DEBUG")
    more = {"cwd": tmp_path, "faults": (MORE_ENGINES,)}
    said = scrapy(*check, **more)  # type: ignore[arg-type]
    assert said.out == "keyed: needs a key: set KEYED_KEY (from keyed.example)\n"
    assert said.code == 1  # it was named, and it was not checked
    assert not any("/api/" in path for path in demo.asked())
    said = scrapy(*check, environment=KEY, **more)  # type: ignore[arg-type]
    assert said.out.startswith("keyed: works, 50 results")
    assert said.code == 0
    assert KEY["KEYED_KEY"] not in said.err


def test_without_a_network_each_engine_has_its_line(tmp_path: Path, no_names: str) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    said = scrapy("engines", "--check", cwd=folder, faults=(MORE_ENGINES, no_names))
    lines = dict(line.split(": ", 1) for line in said.out.splitlines())
    assert lines["bing"] == "no answer (the network here seems to be down)"
    assert lines["judged"].startswith("not asked: its terms are yours to judge")
    assert "demo" not in lines
    assert (said.code, said.err) == (1, "")
    assert list(folder.iterdir()) == []


def test_an_engine_of_hard_terms_is_asked_where_it_is_named(tmp_path: Path, no_names: str) -> None:
    said = scrapy("engines", "--check", "judged", cwd=tmp_path, faults=(MORE_ENGINES, no_names))
    assert said.out == "judged: no answer (the network here seems to be down)\n"
    assert said.err.startswith("terms of judged, yours to keep: https://judged.example/terms")
    assert said.code == 1


def test_where_nothing_can_be_written_a_check_says_so(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    (tmp_path / "engines-check").write_text("a file, not a folder")
    port = f"--demo-port={demo.port}"
    said = scrapy("engines", "--check", "demo", port, "--query", "layoutme", cwd=tmp_path)
    assert "its page cannot be kept in ./engines-check: " in said.out
    assert said.code == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["altavista"], "engines: there is no engine 'altavista'; there are bing"),
        (["--check", "altavista"], "engines: there is no engine 'altavista'; there are bing"),
        (["--chekc"], "engines: there is no engine '--chekc'"),
        (["--check", "demo", "bing"], "engines: the demo web's cannot be asked together"),
        (["--check", "bing", "--demo-port=8000"], "demo_port is for the demo's engines alone"),
        (["--check", "--demo-port=web"], "demo_port: expected a whole number"),
        (["--query=red"], "--query and --demo-port go with --check"),
        (["--check", "-s", "DOWNLOAD_DELAY=0"], "setting DOWNLOAD_DELAY: expected seconds"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    said = scrapy("engines", *arguments, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert line in said.err
    assert said.err.count("\n") == 1
