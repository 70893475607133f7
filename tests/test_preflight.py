"""A host that is open to strangers, or whose store cannot be written, is refused with advice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carscrape.scrapyd_conf import read_doors
from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("I06")


def preflight(
    folder: Path, conf: str | bytes, *more: str, store: str = "store", **variables: str
) -> tuple[int, str]:
    """Exit code and what was complained of; conf as the section's lines, or the whole file."""
    content = conf if isinstance(conf, bytes) else f"[scrapyd]\n{conf}\n".encode()
    (folder / "scrapyd.conf").write_bytes(content)
    environment = {**os.environ, "HOME": str(folder), **variables}
    if store:
        environment["CARSCRAPE_STORE"] = str(folder / store)
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "preflight", "--conf", folder / "scrapyd.conf", *more],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
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


@pytest.mark.parametrize(
    ("conf", "said"),
    [
        (b"password = secret\n", "HERE/scrapyd.conf, line 1: put [scrapyd] on a line before it"),
        (b"[scrapyd]\npassword secret\n", "HERE/scrapyd.conf, line 2: expected NAME = VALUE"),
        (
            b"[scrapyd]\npassword = secret\npassword = secret\n",
            "HERE/scrapyd.conf, line 3: password a second time; leave it out",
        ),
        (
            b"[scrapyd]\na = 1\n[scrapyd]\n",
            "HERE/scrapyd.conf, line 3: [scrapyd] a second time; join them",
        ),
        (b"[scrapyd]\npassword = secret\xff\n", "HERE/scrapyd.conf: not utf-8; save it as that"),
        (
            b"[scrapyd]\npassword = a%secret\n",
            "password in scrapyd.conf: write each % as %%, or Scrapyd cannot read it",
        ),
        (
            b"[scrapyd]\npassword = %(secret)s\n",
            "password in scrapyd.conf: write each % as %%, or Scrapyd cannot read it",
        ),
    ],
)
def test_what_scrapyd_cannot_read_is_one_line(tmp_path: Path, conf: bytes, said: str) -> None:
    assert preflight(tmp_path, conf) == (1, f"scrapy preflight: {said}\n")


def test_a_password_is_read_as_scrapyd_reads_it(tmp_path: Path) -> None:
    conf = CLOSED.replace("secret", "a%%b")
    assert preflight(tmp_path, conf) == (0, "")
    assert read_doors(tmp_path / "scrapyd.conf").password == "a%b"


def test_the_environment_decides_as_it_does_for_scrapyd(tmp_path: Path) -> None:
    by_name = {"SCRAPYD_USERNAME": "me", "SCRAPYD_PASSWORD": "secret"}
    assert preflight(tmp_path, "bind_address = 127.0.0.1\npassword = a%b", **by_name) == (0, "")
    code, output = preflight(tmp_path, CLOSED, SCRAPYD_BIND_ADDRESS="0.0.0.0")
    assert code == 1
    assert "Scrapyd at 0.0.0.0 would take its password in the clear" in output
