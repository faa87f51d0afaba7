"""One tray at a time; anybody can ask how it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quicktype.background import StartError
from quicktype.doctor.check import Check, State
from ui.app import instance
from ui.app.instance import AlreadyRunsError, TrayReport


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUICKTYPE_SOCKET", str(tmp_path / "run" / "daemon.sock"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "run"


def test_without_a_tray_there_is_nothing_to_tell_or_to_stop() -> None:
    assert instance.running() is None
    assert not instance.stop_tray()


def test_what_a_tray_publishes_is_told_while_it_lives(folder: Path) -> None:
    keys = Check("accept key", State.WARN, "not to be had: Tab", "choose another", {"keys": 1})
    report = TrayReport(1234, "ready", "ready", ready=True, checks=(keys,))
    with instance.claimed():
        early = instance.running()
        assert early is not None
        assert not early.ready
        instance.publish(report)
        assert instance.running() == report
        assert folder.stat().st_mode & 0o077 == 0
    assert instance.running() is None
    assert not (folder / "tray.json").exists()


def test_a_second_tray_is_refused_with_the_pid_of_the_first() -> None:
    with instance.claimed():
        done = subprocess.run(
            [
                sys.executable,
                "-P",
                "-c",
                "from ui.app.instance import claimed\nclaimed().__enter__()",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "AlreadyRunsError: the tray already runs (pid" in done.stderr


def test_a_lock_held_here_is_refused_too() -> None:
    with instance.claimed(), pytest.raises(AlreadyRunsError), instance.claimed():
        raise AssertionError("never here")


def test_why_a_tray_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(StartError, match="DISPLAY is not set"):
        instance.start_tray()
