"""The daemon as a process in the background; with the standard library alone."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from quicktype import locks, paths
from quicktype.client import Client, DaemonError, NoDaemonError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from quicktype.protocol import StatusReport

_START_S = 120.0
"""The first daemon on a machine compiles the engine."""
_PATIENCE_S = 1.5
_STOP_S = 10.0
_PAUSE_S = 0.02
_IN_THE_BACKGROUND = sum(
    getattr(subprocess, name, 0) for name in ("CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP")
)
"""What makes a process outlive its terminal on Windows; nothing elsewhere, where sessions do."""


class StartError(Exception):
    """The daemon could not be started or stopped; the message says why, and what to do."""


class Spawned:
    """A process of ours that was started in the background, and what it says in its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, began: int) -> None:
        self._process = process
        self._log = log
        self._began = began

    def last_words(self) -> str | None:
        """What it said last if it has ended, None while it lives."""
        if self._process.poll() is None:
            return None
        lines = self._log.read_bytes()[self._began :].decode(errors="replace").strip().splitlines()
        if not lines:
            return f"it ended at once and said nothing; its log is {self._log}"
        return lines[-1].removeprefix("quicktype: ")

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()
        self._process.wait()


def spawn(module: str, arguments: list[str], log: Path) -> Spawned:
    """Starts a module of ours as a process that outlives this one; raises StartError."""
    try:
        with _private_log(log) as output:
            began = output.tell()
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                creationflags=_IN_THE_BACKGROUND,
            )
    except OSError as error:
        raise StartError(f"{module} cannot be started: {error}") from error
    return Spawned(process, log, began)


def running() -> StatusReport | None:
    """How the daemon is, or None when there is none; raises DaemonError if it does not answer."""
    try:
        with Client() as client:
            return client.status()
    except NoDaemonError:
        return None


def spawn_daemon(model: str | None = None) -> Spawned:
    """Starts a daemon, without waiting for it; raises StartError."""
    arguments = ["daemon", *(["--model", model] if model else [])]
    return spawn("quicktype.cli", arguments, paths.log_path())


def start_daemon(model: str | None, on_wait: Callable[[], None]) -> StatusReport:
    """Starts a daemon and waits until it answers; `on_wait` is called once if that takes a while.

    Raises StartError, with what the daemon said last.
    """
    spawned = spawn_daemon(model)
    for report in _awaited(on_wait):
        if report is not None:
            return report
        words = spawned.last_words()
        if words is not None:
            raise StartError(words)
    spawned.kill()
    raise StartError(
        f"the daemon was not ready within {_START_S:.0f} s; its log is {paths.log_path()}"
    )


def _awaited(on_wait: Callable[[], None]) -> Iterator[StatusReport | None]:
    """Looks for the daemon again and again."""
    began = time.monotonic()
    patience = began + _PATIENCE_S
    while (now := time.monotonic()) < began + _START_S:
        yield _answer(now - began + _PATIENCE_S)
        if now > patience:
            on_wait()
            patience = math.inf
        time.sleep(_PAUSE_S)


def stop_daemon() -> bool:
    """Stops the daemon and waits for its end; False when there was none. Raises StartError."""
    path = paths.socket_path()
    try:
        with Client(timeout=_STOP_S) as client:
            client.shutdown()
    except NoDaemonError:
        return False
    except DaemonError as error:
        if not _ended(path, within=_STOP_S / 10):
            owner = locks.holder(_lock(path))
            raise StartError(f"{error}; the way to end it is: kill -9 {owner}") from error
    if not _ended(path, within=_STOP_S):
        owner = locks.holder(_lock(path))
        raise StartError(f"the daemon is slow to end; the way to hurry it is: kill -9 {owner}")
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


def _ended(path: Path, within: float) -> bool:
    """Whether the daemon gives its lock beside the socket back within so many seconds."""
    deadline = time.monotonic() + within
    while locks.is_held(_lock(path)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True


def _lock(path: Path) -> Path:
    """The file that a daemon keeps locked beside its socket while it lives."""
    return path.with_name(path.name + ".lock")
