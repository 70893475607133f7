"""The README's way to a Scrapyd: deploy, schedule, follow, cancel, read log and results."""

import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT
from tests.crawling import DemoWeb, recipe, rows
from tests.scrapyd_server import USER, Scrapyd, scrapyd_in, wait_for


def deploy(
    tree: Path, server: Scrapyd, password: str = USER[1]
) -> "subprocess.CompletedProcess[str]":
    """Run scrapyd-deploy in a copy of the project whose scrapy.cfg names a server."""
    for name in ("carscrape", "postprocess"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    shipped = (ROOT / "scrapy.cfg").read_text("utf-8")
    assert "url = http://localhost:6800/\n" in shipped
    url = f"url = http://127.0.0.1:{server.port}/\nusername = {USER[0]}\npassword = {password}\n"
    (tree / "scrapy.cfg").write_text(shipped.replace("url = http://localhost:6800/\n", url))
    command = [sys.executable, "-W", "ignore", "-m", "scrapyd_client.deploy"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=120)


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
