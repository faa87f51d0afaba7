"""Starts daemon, tray and an app on this desktop, types, and looks when the ghosts come."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from ui.app import backend
from ui.bench.result import DesktopResult, Paint, Stroke, reactions
from ui.bench.typist import Typist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ui.bench.result import Reactions

T = TypeVar("T")

EVERY_S = 0.12
"""From key to key, as a fast typist does it."""
_CLEAR_S = 0.4
_READY_S = 150.0
"""The first daemon on a machine compiles the engine."""
_IDLE_S = 4.0
_LOOK_S = 0.05
_TITLE = "quicktype measures here"
_PAGE = f"""<!doctype html><meta charset="utf-8"><title>{_TITLE}</title>
<div contenteditable role="textbox" style="font: 16px sans-serif; padding: 8px" id="it"></div>
<script>document.getElementById("it").focus()</script>"""
LINES = (
    "see you tomorrow then",
    "thanks for letting me know",
    "that sounds good to me",
    "are you coming home tonight",
    "i will be there in ten minutes",
    "let me know when you get home",
    "happy birthday have a great day",
    "sorry i was at work all day",
)


class BenchError(Exception):
    """It cannot be measured here; the message says what to do."""


def run(progress: Callable[[str], None], lines: Sequence[str] = LINES) -> DesktopResult:
    """Measures on the desktop of this process for about a minute; nobody may type meanwhile.

    Raises BenchError, OSError without a desktop, and LostFocusError.
    """
    backend.check()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qt-bench-")))
        environment = _environment(home)
        typist = Typist(os.environ["DISPLAY"])
        stack.callback(typist.close)
        progress("starting daemon and tray")
        stack.enter_context(_child("quicktype.cli", "daemon", environment=environment))
        tray = stack.enter_context(_child("ui.bench.tray", environment=environment))
        paints = _Paints(tray)
        _wait(lambda: _is_ready(home), "daemon and tray are not ready; see: quicktype doctor")
        with _child("ui.bench.window", environment=environment) as window:
            number = int(_first_line(window))
            progress("typing in a Qt window")
            qt = _type(typist, number, lines, paints)
            progress("leaving it alone")
            idle = _idle_cpu(tray.pid)
        chromium = _in_chromium(typist, home, lines, paints, progress)
        return DesktopResult(qt, chromium, round(_memory_mb(tray.pid), 1), idle)


class _Paints:
    """What the tray tells of its ghosts."""

    def __init__(self, tray: subprocess.Popen[str]) -> None:
        self._tray = tray
        self._found: list[Paint] = []
        threading.Thread(target=self._read, name="paints", daemon=True).start()

    def take(self) -> list[Paint]:
        """Those since the last time."""
        found, self._found = self._found, []
        return found

    def _read(self) -> None:
        for line in _output(self._tray):
            told = json.loads(line)
            self._found.append(Paint(told["at"], told["text"]))


def _type(typist: Typist, window: int, lines: Sequence[str], paints: _Paints) -> Reactions:
    """The first line only wakes everything up."""
    typist.enter(window)
    strokes: list[Stroke] = []
    for place, line in enumerate((lines[0], *lines)):
        for char in line:
            at = typist.press(char)
            if place:
                strokes.append(Stroke(at, char))
            time.sleep(EVERY_S)
        if not place:
            paints.take()
        if place < len(lines):
            typist.press("Control_L", "a")
            typist.press("BackSpace")
            time.sleep(_CLEAR_S)
    return reactions(strokes, paints.take())


def _in_chromium(
    typist: Typist,
    home: Path,
    lines: Sequence[str],
    paints: _Paints,
    progress: Callable[[str], None],
) -> Reactions | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next((path for name in names if (path := shutil.which(name))), None)
    if browser is None:
        return None
    page = home / "page.html"
    page.write_text(_PAGE, encoding="utf-8")
    command = [
        browser,
        f"--user-data-dir={home / 'browser'}",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-gpu",
        "--test-type",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        f"--app={page.as_uri()}",
    ]
    progress("typing in Chromium")
    with _process(command, os.environ.copy()):
        window = _wait(lambda: typist.find(_TITLE), f"{browser} shows no window")
        return _type(typist, window, lines, paints)


def _environment(home: Path) -> dict[str, str]:
    """Settings, data and socket of its own: what the user has set changes nothing."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("QUICKTYPE_")}
    own = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
    return {
        **kept,
        **own,
        "QUICKTYPE_SOCKET": str(home / "run" / "daemon.sock"),
        "QUICKTYPE_WELCOME": "off",
    }


def _is_ready(home: Path) -> bool:
    try:
        report = json.loads((home / "run" / "tray.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(report["ready"]) and report["state"] in {"ready", "silent"}


@contextmanager
def _child(
    module: str, *arguments: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", module, *arguments]
    with _process(command, environment) as process:
        yield process


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own modules, and a browser that is installed
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait(found: Callable[[], T | None], trouble: str) -> T:
    end = time.monotonic() + _READY_S
    while not (result := found()):
        if time.monotonic() > end:
            raise BenchError(trouble)
        time.sleep(_LOOK_S)
    return result


def _output(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise BenchError("a process of ours says nothing")
    return process.stdout


def _first_line(process: subprocess.Popen[str]) -> str:
    line = _output(process).readline()
    if not line:
        raise BenchError("no window could be opened; see: quicktype doctor")
    return line


def _idle_cpu(pid: int) -> float:
    """The share of a core that a process uses while nothing happens."""
    before, began = _ticks(pid), time.monotonic()
    time.sleep(_IDLE_S)
    used = (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK")
    return round(used / (time.monotonic() - began), 4)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _memory_mb(pid: int) -> float:
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
