"""The README's way to a Scrapyd: deploy, schedule, follow, cancel, read log and results."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
import requests

from carscrape.engines.base import engine_names, load_engine
from tests.conftest import ROOT, build_egg, copy_project
from tests.crawling import DemoWeb, recipe, rows
from tests.documented_machine import Machine, commands, machine_in
from tests.documented_services import Service, from_containerfile, from_unit
from tests.scrapyd_server import USER, Scrapyd, scrapyd_in, wait_for


def deploy(
    tree: Path, server: Scrapyd, password: str = USER[1]
) -> "subprocess.CompletedProcess[str]":
    """Run scrapyd-deploy in a copy of the project whose scrapy.cfg names a server."""
    copy_project(tree)
    shipped = (ROOT / "scrapy.cfg").read_text("utf-8")
    assert "url = http://localhost:6800/\n" in shipped
    url = f"url = http://127.0.0.1:{server.port}/\nusername = {USER[0]}\npassword = {password}\n"
    (tree / "scrapy.cfg").write_text(shipped.replace("url = http://localhost:6800/\n", url))
    command = [sys.executable, "-W", "ignore", "-m", "scrapyd_client.deploy"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=120)


@pytest.mark.accepts("I07")
def test_the_steps_of_the_readme(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = {"recipe": recipe(tmp_path, "red ford").partition("=")[2], "demo_port": demo.port}
    with scrapyd_in(tmp_path / "scrapyd") as server:
        deployed = deploy(tmp_path / "tree", server)
        assert deployed.returncode == 0, deployed.stderr
        assert json.loads(deployed.stdout)["spiders"] == 2

        images = server.schedule(tmp_path / "images", **words)
        wait_for(lambda: images in server.jobs("finished"))
        assert rows(tmp_path / "images", "select outcome, count(*) from image group by 1") == [
            ("stored", 40)
        ]
        job = server.jobs("finished")[images]
        log = requests.get(f"http://127.0.0.1:{server.port}{job['log_url']}", auth=USER, timeout=60)
        assert "image_search: finished" in log.text

        hits = server.schedule(
            tmp_path / "hits", spider="hitcounts", engines="demo", makes="Honda", limit="4"
        )
        wait_for(lambda: hits in server.jobs("finished"))
        ((counted,),) = rows(tmp_path / "hits", "select count(*) from hit where count is not null")
        assert counted == 16  # four subjects, each with four body types

        many = recipe(tmp_path, *(f"red ford {n}" for n in range(8))).partition("=")[2]
        long = {"recipe": many, "demo_port": demo.port}
        slow = server.schedule(tmp_path / "slow", "DOWNLOAD_DELAY=1", **long)
        wait_for(lambda: slow in server.jobs("running"))
        server.ask("cancel", data={"project": "carscrape", "job": slow})
        wait_for(lambda: slow in server.jobs("finished"))


def test_a_wrong_password_deploys_nothing(tmp_path: Path) -> None:
    with scrapyd_in(tmp_path / "scrapyd") as server:
        deployed = deploy(tmp_path / "tree", server, password="guessed")
        assert deployed.returncode == 1
        assert server.ask("listprojects")["projects"] == []


@pytest.mark.accepts("I07")
def test_the_egg_holds_recipes_and_nothing_that_is_not_meant_for_a_server(egg: bytes) -> None:
    names = zipfile.ZipFile(BytesIO(egg)).namelist()
    assert {"carscrape/recipes/cars.toml", "carscrape/recipes/cars.csv"} <= set(names)
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"carscrape", "postprocess", "EGG-INFO"}
    kinds = {Path(name).suffix for name in names if name.startswith("carscrape/")}
    assert kinds <= {".py", ".pyc", ".toml", ".csv", ".html", ".css", ".sql", ".json", ".txt"}


@pytest.mark.accepts("I07")
def test_no_secret_of_who_deploys_is_in_the_egg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_project(tmp_path)
    planted = (".env", "carscrape/.env", "scrapy.cfg", ".netrc", "deploy/scrapyd.conf")
    for name in (*planted, "tests/test_x.py", "carscrape/secret.key"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[deploy]\nurl = http://x\npassword = planted-secret\n")
    keys = {engine.key_variable for engine in map(load_engine, engine_names())} - {""}
    for variable in (*keys, "CARSCRAPE_CONTACT", "SCRAPYD_PASSWORD"):
        monkeypatch.setenv(variable, "planted-secret")
    egg = zipfile.ZipFile(BytesIO(build_egg(tmp_path)))
    assert [name for name in egg.namelist() if b"planted-secret" in egg.read(name)] == []
    assert any(b"Lists of attributes in" in egg.read(name) for name in egg.namelist())


@pytest.mark.parametrize("served", [from_unit, from_containerfile])
def test_the_documents_word_for_word(tmp_path: Path, served: Callable[[Machine], Service]) -> None:
    """Server and README's commands as they stand; jobs run what was deployed, not the checkout."""
    machine = machine_in(tmp_path)
    service = served(machine)
    shown = service.conf.read_text("utf-8")
    service.conf.write_text(shown.replace("username", "nobody"))
    assert not service.may_start()
    service.conf.write_text(shown)
    assert service.may_start()

    mine = machine.check_out("mine")
    recipes = mine / "carscrape" / "recipes"
    (recipes / "mine.toml").write_text((recipes / "cars.toml").read_text("utf-8"), "utf-8")
    lines = [
        line.replace("PASSWORD", service.password)
        for line in commands("README.md", "**3. Deploy to Scrapyd.**")
    ]
    with service.serving():
        while "curl" not in lines[0]:
            machine.run(lines.pop(0), mine)
        images, hits, follow, log, cancel = lines
        asked = " -d recipe=mine -d engines=demo -d limit=4 -d setting=DOWNLOAD_DELAY="
        job = scheduled(machine, images, f"{asked}60")
        wait_for(lambda: is_listed(machine, follow, job, "running") and runs(tmp_path))
        machine.run(cancel.replace("ID", job), mine)
        wait_for(partial(is_listed, machine, follow, job, "finished"))
        assert "image_search: shutdown" in machine.run(log.replace("ID", job), mine)

        for line in (f"{images} -d per_query=10", hits):
            job = scheduled(machine, line, f"{asked}0.001")
            wait_for(partial(is_listed, machine, follow, job, "finished"))
        job = scheduled(machine, f"{images} -d makes=honda", f"{asked}60")
        wait_for(lambda: is_listed(machine, follow, job, "running") and len(runs(tmp_path)) == 4)
    (first, *others, last) = runs(tmp_path)
    assert first[:2] == ("image_search", "shutdown")
    assert others == [("image_search", "finished", 0), ("hitcounts", "finished", 0)]
    assert last == ("image_search", "shutdown", 1)  # with the server, and as gently


def runs(root: Path) -> list[tuple[str, str, int]]:
    """The runs of a server's store; [] while it has none."""
    ledger = root / "var/lib/carscrape/store/ledger/all.sqlite"
    sql = "select spider, reason, exit_code from run order by id"
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(ledger)) as db:
        return db.execute(sql).fetchall()
    return []


def scheduled(machine: Machine, line: str, more: str) -> str:
    command, _, _ = line.partition("  #")
    return str(json.loads(machine.run(command + more, machine.root))["jobid"])


def is_listed(machine: Machine, line: str, job: str, state: str) -> bool:
    jobs = json.loads(machine.run(line, machine.root))[state]
    return any(each["id"] == job for each in jobs)
