"""Starting with the desktop."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ui.app import autostart


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_the_entry_comes_and_goes(config: Path) -> None:
    autostart.set_start_at_login(on=True)
    text = (config / "autostart" / "quicktype.desktop").read_text()
    assert text.startswith("[Desktop Entry]\n")
    assert f"Exec={sys.executable} -P -m quicktype.cli start\n" in text
    before = autostart.entry_path().stat().st_mtime_ns
    autostart.set_start_at_login(on=True)
    assert autostart.entry_path().stat().st_mtime_ns == before
    autostart.set_start_at_login(on=False)
    autostart.set_start_at_login(on=False)
    assert not autostart.entry_path().exists()


def test_paths_with_signs_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/my apps/100%/python")
    assert 'Exec="/opt/my apps/100%%/python" -P -m' in autostart.entry()
    assert 'ExecStart="/opt/my apps/100%%/python" -P -m quicktype.cli daemon' in autostart.unit()


def test_the_unit_starts_the_daemon_again_when_it_dies() -> None:
    assert "Restart=on-failure" in autostart.unit()


def test_without_a_unit_systemd_minds_nothing() -> None:
    assert not autostart.systemd_minds_daemon()


@pytest.mark.parametrize(
    ("code", "minds"), [("exit 0", True), ("exit 1", False), ("exec sleep 60", False)]
)
def test_with_a_unit_systemd_is_asked(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, minds: bool
) -> None:
    fake = tmp_path / "bin" / "systemctl"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{code}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    monkeypatch.setattr(autostart, "_SECONDS", 0.5)
    autostart.unit_path().parent.mkdir(parents=True)
    autostart.unit_path().write_text(autostart.unit())
    assert autostart.systemd_minds_daemon() is minds
