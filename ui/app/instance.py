"""One tray for each user: its lock, its pid and its state, for whoever asks. No Qt here."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quicktype import locks, paths
from quicktype.background import StartError, spawn
from quicktype.doctor.check import Check, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    checks: tuple[Check, ...] = ()
    """What it found when it looked last at what works here."""

    def to_json(self) -> dict[str, Any]:
        """As `status --json` prints it, and as `from_json` reads it."""
        found = {"pid": self.pid, "state": self.state, "line": self.line, "ready": self.ready}
        return {**found, "checks": [check.to_json() for check in self.checks]}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> TrayReport:
        """Raises KeyError, TypeError or ValueError for what is no report."""
        checks = tuple(
            Check(it["name"], State(it["state"]), it["found"], it["remedy"], it["facts"])
            for it in said["checks"]
        )
        return cls(said["pid"], said["state"], said["line"], said["ready"], checks)


class AlreadyRunsError(Exception):
    """Another tray runs; the message has its pid."""


@contextmanager
def claimed() -> Iterator[None]:
    """Is the only tray until the end; raises AlreadyRunsError."""
    lock_path = _folder() / "tray.lock"
    lock_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with locks.held(lock_path):
            try:
                yield
            finally:
                with suppress(FileNotFoundError):
                    _report_path().unlink()
    except locks.HeldError as owner:
        raise AlreadyRunsError(f"the tray already runs (pid {owner})") from None


def publish(report: TrayReport) -> None:
    """Tells the state to whoever asks with `running`."""
    path = _report_path()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tray-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(report.to_json(), file)
    Path(name).replace(path)


def running() -> TrayReport | None:
    """How the tray is, or None when there is none."""
    if not locks.is_held(_folder() / "tray.lock"):
        return None
    try:
        return TrayReport.from_json(json.loads(_report_path().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
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
