"""Which Chromium is started, and what is said where there is none."""

from pathlib import Path

import pytest
from scrapy.settings import Settings

from carscrape.browser import chromium
from carscrape.browser.chromium import lacking, launch_options, program
from carscrape.setting_checks import check_settings


def settings(**given: object) -> Settings:
    project = Settings()
    project.setmodule("carscrape.settings")
    project.update(given, priority="cmdline")
    return project


def install(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o700)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH and home."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    return tmp_path


def test_the_first_on_the_path_is_started(bare: Path) -> None:
    assert "no chromium on the PATH" in lacking(settings())
    for name in ("google-chrome", "chromium-browser", "chromium"):
        install(bare, name)
        assert lacking(settings()) == ""
        assert launch_options(settings(), "")["executable_path"] == str(bare / name)


def test_the_one_that_is_named_is_started_before_all(bare: Path) -> None:
    install(bare, "chromium", "mine")
    assert program(settings(CHROMIUM="mine")) == str(bare / "mine")
    assert program(settings(CHROMIUM=str(bare / "mine"))) == str(bare / "mine")
    assert "there is no program /nowhere" in lacking(settings(CHROMIUM="/nowhere"))


@pytest.mark.parametrize("anywhere", [False, True])
def test_else_the_one_that_playwright_installed(
    bare: Path, monkeypatch: pytest.MonkeyPatch, anywhere: bool
) -> None:
    monkeypatch.setattr(chromium.sys, "platform", "linux")
    folder = bare / ("browsers" if anywhere else ".cache/ms-playwright")
    if anywhere:
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(folder))
    (folder / "chromium-1234").mkdir(parents=True)
    assert lacking(settings())
    (folder / "chromium-1234" / "INSTALLATION_COMPLETE").touch()
    assert lacking(settings()) == ""
    assert launch_options(settings(), "")["executable_path"] is None


def test_without_scrapy_playwright_nothing_is_browsed(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(bare, "chromium")
    monkeypatch.setattr(chromium, "find_spec", lambda name: None)
    assert "scrapy-playwright is not installed" in lacking(settings())


def test_a_proxy_and_a_browser_do_not_go_together(bare: Path) -> None:
    install(bare, "chromium")
    assert "HTTPPROXY_ENABLED" in lacking(settings(HTTPPROXY_ENABLED="1"))


@pytest.mark.parametrize("user", [0, 1000])
def test_all_but_root_have_the_sandbox(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr(chromium.os, "geteuid", lambda: user)
    assert launch_options(settings(), "")["chromium_sandbox"] == (user != 0)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("BROWSER_TIMEOUT", "soon", "BROWSER_TIMEOUT: expected seconds from 1, got 'soon'"),
        ("BROWSER_TIMEOUT", "0", "BROWSER_TIMEOUT: expected seconds from 1, got '0'"),
        ("PLAYWRIGHT_CDP_URL", "http://127.0.0.1:9", "PLAYWRIGHT_CDP_URL: it could browse past"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(name: str, value: str, line: str) -> None:
    check_settings(settings())
    with pytest.raises(ValueError, match=line):
        check_settings(settings(**{name: value}))
