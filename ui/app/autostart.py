"""Starting with the desktop: an autostart entry, and a unit where systemd minds the daemon."""

from __future__ import annotations

import importlib
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

UNIT = "quicktype-daemon.service"
_NAME = "quicktype"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
_SECONDS = 5


class SystemdError(Exception):
    """The user's systemd did not do it; the message says why."""


def entry_path() -> Path:
    """The autostart entry of the desktop."""
    return _config() / "autostart" / "quicktype.desktop"


def unit_path() -> Path:
    """The unit for the user's systemd."""
    return _config() / "systemd" / "user" / UNIT


def entry() -> str:
    """What the desktop is told to start."""
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Name=quicktype",
            "Comment=Completes what you type in chats",
            f"Exec={_quoted(_start())}",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
            "",
        )
    )


def unit() -> str:
    """How systemd starts the daemon, and starts it again when it dies."""
    return "\n".join(
        (
            "[Unit]",
            "Description=quicktype's completions",
            "",
            "[Service]",
            f"ExecStart={_quoted([sys.executable, '-P', '-m', 'quicktype.cli', 'daemon'])}",
            "Restart=on-failure",
            "RestartSec=1",
            "Nice=0",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        )
    )


def agent_path() -> Path:
    """What launchd starts when a user of macOS logs in."""
    return Path.home() / "Library" / "LaunchAgents" / f"{_NAME}.plist"


def agent() -> str:
    """What launchd is told. Never run on macOS."""
    job = {"Label": _NAME, "ProgramArguments": _start(), "RunAtLoad": True}
    return plistlib.dumps(job).decode()


def set_start_at_login(*, on: bool) -> None:
    """Makes the entry, or removes it; writes only what differs. Raises OSError."""
    if sys.platform == "win32":
        _set_run_key(on=on)
        return
    on_mac = sys.platform == "darwin"
    path, text = (agent_path(), agent()) if on_mac else (entry_path(), entry())
    if not on:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _start() -> list[str]:
    return [sys.executable, "-P", "-m", "quicktype.cli", "start"]


def _set_run_key(*, on: bool) -> None:
    """What Windows starts when this user logs in. Never run on Windows."""
    winreg = importlib.import_module("winreg")
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
        if on:
            command = subprocess.list2cmdline(_start())
            winreg.SetValueEx(key, _NAME, 0, winreg.REG_SZ, command)
            return
        try:
            winreg.DeleteValue(key, _NAME)
        except FileNotFoundError:
            return


def systemd_minds_daemon() -> bool:
    """Whether the user's systemd has the daemon's unit and keeps it alive."""
    if not unit_path().exists():
        return False
    try:
        _systemctl("is-enabled", "--quiet", UNIT)
    except SystemdError:
        return False
    return True


def install_unit() -> None:
    """Leaves the daemon to the user's systemd, from now on; raises OSError and SystemdError."""
    path = unit_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(unit(), encoding="utf-8")
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", UNIT)


def remove_unit() -> bool:
    """Takes the daemon back; False when systemd did not have it. Raises OSError, SystemdError."""
    path = unit_path()
    if not path.exists():
        return False
    _systemctl("disable", "--now", UNIT)
    path.unlink()
    _systemctl("daemon-reload")
    return True


def _systemctl(*arguments: str) -> None:
    """Runs it for this user; raises SystemdError."""
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        raise SystemdError("there is no systemd here; quicktype start does without it")
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            [systemctl, "--user", *arguments],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemdError(f"systemctl --user {arguments[0]}: {error}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SystemdError(f"systemctl --user {arguments[0]}: {lines[-1]}")


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _quoted(command: list[str]) -> str:
    """As desktop entries and units want it: quotes, and nothing that they would expand."""
    escaped = (
        part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
        for part in command
    )
    return " ".join(f'"{part}"' if " " in part else part for part in escaped)
