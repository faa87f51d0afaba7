"""One tray for each user: its lock, its pid and its state, for whoever asks. No Qt here."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from quicktype import paths
from quicktype.background import StartError, is_locked, spawn

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_S = 30.0
_STOP_S = 10.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class TrayReport:
    """How the tray is: `state` is a `status.Kind`, `ready` says that it watches the desktop."""

    pid: int
    state: str
    line: str
    ready: bool


class AlreadyRunsError(Exception):
    """Another tray runs; the message has its pid."""


@contextmanager
def claimed() -> Iterator[None]:
    """Is the only tray until the end; raises AlreadyRunsError."""
    lock_path = _folder() / "tray.lock"
    lock_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(lock_path, flags, 0o600), "r+", encoding="ascii") as lock:
        _lock(lock)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                _report_path().unlink()


def publish(report: TrayReport) -> None:
    """Tells the state to whoever asks with `running`."""
    path = _report_path()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tray-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(report), file)
    Path(name).replace(path)


def running() -> TrayReport | None:
    """How the tray is, or None when there is none."""
    if not is_locked(_folder() / "tray.lock"):
        return None
    try:
        return TrayReport(**json.loads(_report_path().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return TrayReport(0, "starting", "starting", ready=False)


def start_tray() -> TrayReport:
    """Starts the tray in the background and waits until it watches; raises StartError."""
    spawned = spawn("ui.app", [], paths.log_path("tray"))
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        report = running()
        if report is not None and report.ready:
            return report
        words = spawned.last_words()
        if words is not None:
            raise StartError(f"the tray: {words}")
        time.sleep(_LOOK_S)
    spawned.kill()
    log = paths.log_path("tray")
    raise StartError(f"the tray was not ready within {_START_S:.0f} s; its log is {log}")


def stop_tray() -> bool:
    """Ends the tray and waits for its end; False when there was none. Raises StartError."""
    report = running()
    if report is None:
        return False
    if report.pid:
        with suppress(ProcessLookupError):
            os.kill(report.pid, signal.SIGTERM)
    end = time.monotonic() + _STOP_S
    while running() is not None:
        if time.monotonic() > end:
            raise StartError(f"the tray is slow to end; to hurry it: kill -9 {report.pid}")
        time.sleep(_LOOK_S)
    return True


def _folder() -> Path:
    return paths.socket_path().parent


def _report_path() -> Path:
    return _folder() / "tray.json"


def _lock(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = lock.read().strip() or "unknown"
        raise AlreadyRunsError(f"the tray already runs (pid {owner})") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
