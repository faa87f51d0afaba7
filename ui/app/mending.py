"""Mends what is wrong with the desktop, where a command without anybody's password does it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quicktype.doctor.check import Check

_MENDERS = frozenset({"gsettings", "picom", "systemctl"})
"""Programs whose commands may be run for the user: they change settings of the user's own."""
_SECONDS = 10


def can_mend(check: Check) -> bool:
    """Whether its remedy is a command that `mend` may run here."""
    command = shlex.split(check.remedy or "")
    return bool(command) and command[0] in _MENDERS and shutil.which(command[0]) is not None


def mend(check: Check) -> str:
    """Runs the remedy; gives what went wrong, in words, else an empty text. Blocks for seconds."""
    command = shlex.split(check.remedy or "")
    try:
        done = subprocess.run(  # noqa: S603 - one of our own remedies, see `can_mend`
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {error}"
    lines = done.stderr.strip().splitlines() or [f"{command[0]} failed"]
    return lines[-1] if done.returncode else ""
