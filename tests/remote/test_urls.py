"""What is no URL of a remote store is refused wherever one is given, and no password is shown."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from carscrape.fleet.__main__ import main as fleet
from carscrape.remote.__main__ import main as remote
from carscrape.remote.objects import Objects
from carscrape.remote.urls import UrlError, check_url
from postprocess.cli import main as postprocess
from tests.conftest import ROOT
from tests.crawling import crawl

NO_URL = r"expected a URL such as s3://bucket/prefix, got "
PASSWORD = r"a user or password is not for a URL: leave it to the environment"
WITHOUT_FSSPEC = """\
import sys
sys.modules["fsspec"] = None
from carscrape.remote.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "url", ["", "folder", "s3:bucket", "://bucket", "s3://", "s3:///", "s3:///x"]
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UrlError, match=f"^{NO_URL}'{url}'$"):
        check_url(url)
    with pytest.raises(UrlError, match=NO_URL):
        Objects(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:secret@host/x",
        "ftp://secret@host",
        "ftp://me:sec/ret@host/x",
        "simplecache::ftp://me:secret@host/x",
        "zip:///a.zip::ftp://me:secret@host/x",
        "me:secret@host",
    ],
)
def test_a_url_with_a_password(url: str) -> None:
    with pytest.raises(UrlError, match=f"^{PASSWORD}$"):
        check_url(url)


def test_a_folder_and_a_key_may_have_any_name(tmp_path: Path) -> None:
    check_url("s3://bucket/me@work/of:today")
    check_url("ftp://host:21/x")
    odd = tmp_path / "me:you@work"
    odd.mkdir()
    Objects(f"file://{odd}").write("a", b"b")
    assert (odd / "a").read_bytes() == b"b"


@pytest.mark.parametrize(
    ("url", "told"), [("s3://", NO_URL), ("ftp://me:secret@127.0.0.1:1/x", PASSWORD)]
)
@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        (fleet, ["http://127.0.0.1:1", "--shards", "1", "--remote", "URL"]),
        (remote, ["fetch", "URL", "store"]),
        (postprocess, ["status", "URL"]),
        (postprocess, ["run", "URL", "--engine", "ray"]),
    ],
)
def test_programs_refuse_it(
    program: Callable[[list[str]], int],
    arguments: list[str],
    url: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        code: object = program([url if each == "URL" else each for each in arguments])
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    assert (code, told in said.err.splitlines()[-1]) == (2, True), said.err
    assert "secret" not in said.out + said.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("REMOTE_STORE=folder", f"REMOTE_STORE: {NO_URL}'folder'"),
        ("REMOTE_STORE=s3://", f"REMOTE_STORE: {NO_URL}'s3://'"),
        ("REMOTE_STORE=ftp://me:secret@host/x", f"REMOTE_STORE: {PASSWORD}"),
        ("REMOTE_INTERVAL=0", "REMOTE_INTERVAL: expected seconds from 1"),
    ],
)
def test_a_crawl_refuses_it(tmp_path: Path, given: str, told: str) -> None:
    code, output = crawl("image_search", tmp_path / "s", settings=(given,))
    assert (code, told in output) == (2, True), output
    assert "secret" not in output


def test_fetch_names_what_must_be_installed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_FSSPEC, "fetch", "s3://bucket/x", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "carscrape.remote: install carscrape/requirements-remote.txt\n"
