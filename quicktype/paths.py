"""Where our files lie; each function looks at the environment when it is called."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def socket_path() -> Path:
    """The daemon's socket: $QUICKTYPE_SOCKET, else in the user's runtime folder."""
    named = os.environ.get("QUICKTYPE_SOCKET")
    if named:
        return Path(named)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "quicktype" / "daemon.sock"
    if sys.platform == "win32":  # its daemon listens at a pipe: this names it, and locks lie here
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "quicktype" / "daemon.sock"
    return Path(tempfile.gettempdir()) / f"quicktype-{os.getuid()}" / "daemon.sock"


def log_path(program: str = "daemon") -> Path:
    """Where a program of ours writes its log in the background; it never holds what was typed."""
    return state_folder() / f"{program}.log"


def state_folder() -> Path:
    """What is ours and may be lost: $XDG_STATE_HOME/quicktype."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "quicktype"
