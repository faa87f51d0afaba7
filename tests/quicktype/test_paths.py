"""Where things lie is decided when it is asked, by the environment."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from quicktype import paths


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("QUICKTYPE_SOCKET", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_socket_lies_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert paths.socket_path() == Path("/run/user/7/quicktype/daemon.sock")
    monkeypatch.setenv("QUICKTYPE_SOCKET", "/elsewhere/d.sock")
    assert paths.socket_path() == Path("/elsewhere/d.sock")


def test_without_a_runtime_folder_each_user_has_one_of_their_own() -> None:
    folder = paths.socket_path().parent
    assert folder.parent == Path(tempfile.gettempdir())
    assert str(os.getuid()) in folder.name


def test_the_log_lies_with_the_users_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert paths.log_path() == tmp_path / ".local" / "state" / "quicktype" / "daemon.log"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert paths.log_path() == Path("/state/quicktype/daemon.log")
