"""Packages: all that are needed are looked for, and the remedy installs what is missing."""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from quicktype.doctor import installation
from quicktype.doctor.check import State

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]


def names(requirements: list[str]) -> set[str]:
    here = [it for it in requirements if ";" not in it or f"'{sys.platform}'" in it]
    return {requirement.partition(">")[0].partition("=")[0] for requirement in here}


def test_all_packages_of_the_project_are_looked_for() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(installation.NEEDED) == names(PROJECT["dependencies"])
    assert set(installation.TRAINING) == names(extras["train"])
    assert set(installation.BENCHMARK) == names(extras["bench"])


def test_a_whole_installation_is_fine() -> None:
    check = installation.packages(print)
    assert check.state is State.OK
    assert "numba" in check.found
    assert check.remedy is None


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)


@pytest.mark.usefixtures("nothing_installed")
def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    check = installation.packages(print)
    assert check.state is State.FAIL
    assert "missing: click, llvmlite, numba, numpy" in check.found
    assert check.remedy is not None
    assert check.remedy.startswith(f"{sys.executable} -m pip install click llvmlite")


@pytest.mark.usefixtures("nothing_installed")
def test_what_is_optional_may_be_missing() -> None:
    for check in (installation.training(print), installation.benchmark(print)):
        assert check.state is State.OK
        assert check.found.startswith("not installed (optional): ")
        assert check.remedy is not None


def test_a_checkout_is_mended_with_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "checkout", lambda: tmp_path / "my folder")
    assert "pip install" in installation.reinstall()
    (tmp_path / "my folder").mkdir()
    (tmp_path / "my folder" / "Makefile").touch()
    assert installation.reinstall() == f"make -C '{tmp_path}/my folder' setup"
