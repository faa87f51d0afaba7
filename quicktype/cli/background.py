"""The daemon as a process in the background."""

from __future__ import annotations

import fcntl
import math
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING

import click

from quicktype import paths
from quicktype.cli.failures import Failure
from quicktype.client import Client, DaemonError, NoDaemonError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from quicktype.protocol import StatusReport

_START_S = 120.0
"""The first daemon on a machine compiles the engine."""
_PATIENCE_S = 1.5
_STOP_S = 10.0
_PAUSE_S = 0.02


def running() -> StatusReport | None:
    """How the daemon is, or None when there is none; raises DaemonError if it does not answer."""
    try:
        with Client() as client:
            return client.status()
    except NoDaemonError:
        return None


def start_daemon(model: str | None) -> StatusReport:
    """Starts a daemon and waits until it answers; raises Failure with what it said last if not."""
    command = [sys.executable, "-P", "-m", "quicktype.cli", "daemon"]
    command += ["--model", model] if model else []
    log = paths.log_path()
    with _private_log(log) as output:
        began = output.tell()
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    for report in _awaited():
        if report is not None:
            return report
        if process.poll() is not None:
            raise Failure(_last_line(log, began))
    process.kill()
    raise Failure(f"the daemon was not ready within {_START_S:.0f} s; its log is {log}")


def _awaited() -> Iterator[StatusReport | None]:
    """Looks for the daemon again and again; says once that it takes a while."""
    began = time.monotonic()
    patience = began + _PATIENCE_S
    while (now := time.monotonic()) < began + _START_S:
        yield _answer(now - began + _PATIENCE_S)
        if now > patience:
            click.echo("the first start on a machine compiles the engine ...", err=True)
            patience = math.inf
        time.sleep(_PAUSE_S)


def stop_daemon() -> bool:
    """Stops the daemon and waits for its end; False when there was none."""
    path = paths.socket_path()
    try:
        with Client(timeout=_STOP_S) as client:
            client.shutdown()
    except NoDaemonError:
        return False
    except DaemonError as error:
        if not _ended(path, within=_STOP_S / 10):
            owner = _owner(path)
            raise Failure(f"{error}; the way to end it is: kill -9 {owner}") from error
    if not _ended(path, within=_STOP_S):
        raise Failure(f"the daemon is slow to end; the way to hurry it is: kill -9 {_owner(path)}")
    return True


def _answer(timeout: float) -> StatusReport | None:
    """The status of a daemon that may be about to come; None when it does not answer yet."""
    with suppress(DaemonError), Client(timeout=timeout) as client:
        return client.status()
    return None


def _private_log(path: Path) -> IO[bytes]:
    """The log, for appending; nobody else may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _last_line(log: Path, began: int) -> str:
    """What a daemon that did not live said last."""
    lines = log.read_bytes()[began:].decode(errors="replace").strip().splitlines()
    if not lines:
        return f"the daemon ended at once and said nothing; its log is {log}"
    return lines[-1].removeprefix("quicktype: ")


def _ended(path: Path, within: float) -> bool:
    """Whether the daemon gives its lock beside the socket back within so many seconds."""
    deadline = time.monotonic() + within
    while _is_locked(_lock(path)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _owner(path: Path) -> str:
    with suppress(OSError):
        return _lock(path).read_text(encoding="ascii").strip()
    return "its pid"


def _lock(path: Path) -> Path:
    """The file that a daemon keeps locked beside its socket while it lives."""
    return path.with_name(path.name + ".lock")
