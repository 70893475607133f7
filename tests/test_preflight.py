"""A host that is open to strangers, or whose store cannot be written, is refused with advice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("I06")


def preflight(folder: Path, conf: str, *more: str, store: str = "store") -> tuple[int, str]:
    """Exit code and what was complained of."""
    (folder / "scrapyd.conf").write_text(f"[scrapyd]\n{conf}\n")
    environment = {**os.environ, "HOME": str(folder), "CARSCRAPE_STORE": str(folder / store)}
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "preflight", "--conf", folder / "scrapyd.conf", *more],
        cwd=ROOT,
        env=environment if store else {**os.environ, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.replace(str(folder), "HERE")


CLOSED = "bind_address = 127.0.0.1\nusername = me\npassword = secret"
OPEN = "bind_address = 0.0.0.0"


def test_a_closed_server_with_a_store_may_start(tmp_path: Path) -> None:
    assert preflight(tmp_path, CLOSED) == (0, "")


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        (OPEN, "from whoever reaches this host: set username and password"),
        (OPEN, "and bind_address = 127.0.0.1"),
        ("bind_address = ::\nusername = me", "from whoever reaches this host"),
        ("bind_address = 127.0.0.1", "from every page open in a browser here"),
        (f"{OPEN}\nusername = me\npassword = secret", "would take its password in the clear"),
        (CLOSED.replace("secret", "CHANGE-ME"), "is the one of the example"),
    ],
)
def test_an_open_server_is_refused(tmp_path: Path, conf: str, said: str) -> None:
    code, output = preflight(tmp_path, conf)
    assert code == 1
    assert said in output


def test_an_open_server_behind_tls_may_start_with_a_password(tmp_path: Path) -> None:
    conf = f"{OPEN}\nusername = me\npassword = secret"
    assert preflight(tmp_path, conf, "--behind-tls") == (0, "")
    assert preflight(tmp_path, OPEN, "--behind-tls")[0] == 1


def test_a_socket_without_a_port_may_start(tmp_path: Path) -> None:
    assert preflight(tmp_path, "bind_address =\nunix_socket_path = s.sock") == (0, "")


def test_a_store_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, output = preflight(tmp_path, CLOSED, store="file/store")
    assert code == 1
    assert output == "scrapy preflight: cannot write the store HERE/file/store: Not a directory\n"


def test_without_a_store_it_is_refused(tmp_path: Path) -> None:
    assert preflight(tmp_path, CLOSED, store="") == (
        1,
        "scrapy preflight: no store is named: set CARSCRAPE_STORE to a folder for Scrapyd's user\n",
    )


def test_the_example_is_closed_but_for_its_password(tmp_path: Path) -> None:
    shipped = (ROOT / "deploy" / "scrapyd.conf").read_text("utf-8").partition("[scrapyd]")[2]
    code, output = preflight(tmp_path, shipped)
    assert (code, output.count("\n")) == (1, 1)
    assert preflight(tmp_path, shipped.replace("CHANGE-ME", "chosen")) == (0, "")
