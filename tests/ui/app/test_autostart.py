"""Starting with the desktop."""

from __future__ import annotations

import plistlib
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import cast

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


def fake_systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Path:
    """A systemctl that does this; gives the file in which it writes how it was called."""
    fake, calls = tmp_path / "bin" / "systemctl", tmp_path / "calls"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$@" >> "{calls}"\n{code}\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    return calls


@pytest.mark.parametrize(
    ("code", "minds"), [("exit 0", True), ("exit 1", False), ("exec sleep 60", False)]
)
def test_with_a_unit_systemd_is_asked(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, minds: bool
) -> None:
    fake_systemctl(tmp_path, monkeypatch, code)
    monkeypatch.setattr(autostart, "_SECONDS", 0.5)
    autostart.unit_path().parent.mkdir(parents=True)
    autostart.unit_path().write_text(autostart.unit())
    assert autostart.systemd_minds_daemon() is minds


def test_the_unit_is_installed_started_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fake_systemctl(tmp_path, monkeypatch, "exit 0")
    autostart.install_unit()
    assert autostart.unit_path().read_text() == autostart.unit()
    assert autostart.remove_unit()
    assert not autostart.unit_path().exists()
    assert not autostart.remove_unit()
    assert calls.read_text().splitlines() == [
        "--user daemon-reload",
        f"--user enable --now {autostart.UNIT}",
        f"--user disable --now {autostart.UNIT}",
        "--user daemon-reload",
    ]


def test_what_systemd_says_against_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_systemctl(tmp_path, monkeypatch, "echo 'Failed to connect to bus' >&2; exit 1")
    with pytest.raises(autostart.SystemdError, match="daemon-reload: Failed to connect to bus"):
        autostart.install_unit()


def test_without_systemd_there_is_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(autostart.SystemdError, match="quicktype start does without it"):
        autostart.install_unit()


def test_launchd_gets_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("HOME", str(tmp_path))
    autostart.set_start_at_login(on=True)
    job = plistlib.loads((tmp_path / "Library/LaunchAgents/quicktype.plist").read_bytes())
    assert job["RunAtLoad"] is True
    assert job["ProgramArguments"] == [sys.executable, "-P", "-m", "quicktype.cli", "start"]
    autostart.set_start_at_login(on=False)
    autostart.set_start_at_login(on=False)
    assert not autostart.agent_path().exists()


class PlayedRegistry:
    """The values of the one key that is ours to change."""

    HKEY_CURRENT_USER, REG_SZ = "user", 1

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def CreateKey(self, root: str, key: str) -> AbstractContextManager[dict[str, str]]:  # noqa: N802
        assert (root, key) == ("user", "Software\\Microsoft\\Windows\\CurrentVersion\\Run")
        return nullcontext(self.values)

    def SetValueEx(  # noqa: N802
        self, key: dict[str, str], name: str, _reserved: int, kind: int, value: str
    ) -> None:
        assert kind == self.REG_SZ
        key[name] = value

    def DeleteValue(self, key: dict[str, str], name: str) -> None:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        del key[name]


def test_windows_gets_a_value_in_its_run_key(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = PlayedRegistry()
    monkeypatch.setitem(sys.modules, "winreg", cast("ModuleType", registry))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", r"C:\Program Files\Python\python.exe")
    autostart.set_start_at_login(on=True)
    command = r'"C:\Program Files\Python\python.exe" -P -m quicktype.cli start'
    assert registry.values == {"quicktype": command}
    autostart.set_start_at_login(on=False)
    autostart.set_start_at_login(on=False)
    assert registry.values == {}
