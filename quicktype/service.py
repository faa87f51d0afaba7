"""Starting the daemon in the background, and stopping it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from quicktype import paths
from quicktype.client import Client, DaemonError, NoDaemonError

if TYPE_CHECKING:
    from pathlib import Path

    from quicktype.protocol import StatusReport

START_S = 180.0
"""How long a daemon may take until it answers: the first one compiles the engine."""
STOP_S = 10.0
_LOOK_S = 0.02


def status() -> StatusReport | None:
    """How the daemon is; None when none runs."""
    try:
        with Client() as client:
            return client.status()
    except NoDaemonError:
        return None


def start(model: str | None = None) -> StatusReport:
    """Starts a daemon in the background, unless one runs; returns once it answers.

    Raises DaemonError with the last line of its log if it ends instead.
    """
    running = status()
    if running is not None:
        return running
    log = paths.log_path()
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(mode=0o600)
    with log.open("wb") as written:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            _command(model),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
            cwd="/",
        )
    return _until_ready(child, log)


def stop() -> bool:
    """Stops the daemon, and waits until it is gone; False when none ran."""
    try:
        with Client() as client:
            pid = client.status().pid
            client.shutdown()
    except NoDaemonError:
        return False
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline:
        with suppress(DaemonError):  # it may end while it is asked
            if status() is None and not _exists(pid):
                return True
        time.sleep(_LOOK_S)
    raise DaemonError(f"the daemon (pid {pid}) does not end; run: kill -9 {pid}")


def _command(model: str | None) -> list[str]:
    command = [sys.executable, "-P", "-m", "quicktype.cli", "daemon"]
    return command if model is None else [*command, "--model", model]


def _until_ready(child: subprocess.Popen[bytes], log: Path) -> StatusReport:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise DaemonError(f"the daemon ended: {_last_line(log)}")
        with suppress(DaemonError):
            found = status()
            if found is not None:
                return found
        time.sleep(_LOOK_S)
    child.kill()
    raise DaemonError(f"the daemon did not answer within {START_S:.0f} s; see {log}")


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "without a word")


def _exists(pid: int) -> bool:
    """Whether a process lives; one of ours that has ended is not counted."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
