"""quicktype as a person has it: daemon and tray as processes, and the person in front of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Xlib import X, error

from engine.kernels.shelf import cache_folder
from tests.desktop.harness import pictures
from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.pictures import Area
from tests.desktop.harness.story import middle_of
from tests.desktop.harness.waiting import wait_for

COMMAND = [sys.executable, "-P", "-m", "quicktype.cli"]
SECONDS = 120
"""Long enough for a slow machine; what takes longer hangs."""
_STILL_S = 0.15


@dataclass
class Quicktype:
    """The product on the private desktop, in a home of its own."""

    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        """What `quicktype status --json` prints."""
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def line(self) -> str:
        """What the tray tells."""
        return str((self.status()["tray"] or {}).get("line", ""))

    @property
    def folder(self) -> Path:
        """Where socket, locks and the tray's report lie."""
        return Path(self.environment["QUICKTYPE_SOCKET"]).parent


@contextmanager
def started(desktop: Desktop, home: Path, **variables: str) -> Iterator[Quicktype]:
    """Daemon and tray, started as a person does it; nothing of them is left at the end."""
    runtime = Path(tempfile.mkdtemp(prefix="qt-"))
    product = Quicktype(
        {
            **desktop.environment,
            "XDG_CACHE_HOME": str(cache_folder().parent),
            **{f"XDG_{it}_HOME": str(home / it.lower()) for it in ("CONFIG", "DATA", "STATE")},
            "QUICKTYPE_SOCKET": str(runtime / "daemon.sock"),
            "QUICKTYPE_WELCOME": "off",
            **variables,
        }
    )
    begun = product.run("start")
    try:
        assert begun.returncode == 0, begun.stderr
        yield product
    finally:
        product.run("stop")
        shutil.rmtree(runtime)


@dataclass
class Person:
    """Somebody who types in a field of an app, and looks at the screen."""

    app: RunningApp
    field: str
    index: int
    """Which of the window's fields it is."""
    fingers: Fingers

    def begin(self) -> None:
        """Goes into the field and empties it."""
        self.app.activate()
        self.fingers.click(*middle_of(self.app, self.index))
        wait_for(lambda: self.app.told.last("focus") == self.field, "the focus")
        wait_for(self._empties, "an empty field")

    def _empties(self) -> bool:
        """Removes all that is in it; the window manager may still hold the click back."""
        self.fingers.tap("Control_L", "a")
        self.fingers.tap("BackSpace")
        time.sleep(_STILL_S)
        return self.text() == ""

    def reads(self, text: str) -> None:
        """Waits until the field holds this."""
        wait_for(lambda: self.text() == text, f"{text!r} in {self.field}")

    def text(self) -> str:
        """What the field holds, as the app tells it."""
        return self.app.told.last(self.field).replace("\u00a0", " ").rstrip("\n")

    def ghost(self) -> Area | None:
        """Where the ghost is, if it shows."""
        for window in self.app.display.screen().root.query_tree().children:
            try:
                if window.get_wm_name() != "quicktype ghost":
                    continue
                if window.get_attributes().map_state != X.IsViewable:
                    continue
                place = window.get_geometry()
            except (error.BadWindow, error.BadDrawable):
                continue
            return Area(place.x, place.y, place.width, place.height)
        return None

    def sees_ghost(self) -> Area:
        """Waits for the ghost, and until it stands still and can be read; gives where it is."""
        found = wait_for(self._settled, "the ghost")
        assert found is not None
        return found

    def _settled(self) -> Area | None:
        place = self.ghost()
        if place is None:
            return None
        before = pictures.look(self.app.display, place)
        time.sleep(_STILL_S)
        if self.ghost() != place or not pictures.is_written(before):
            return None
        same = (pictures.look(self.app.display, place) == before).all()
        return place if same else None

    def sees_nothing(self) -> None:
        """Waits until no ghost shows."""
        wait_for(lambda: self.ghost() is None, "the ghost's end")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be counted does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def processor_ticks(pid: int) -> int:
    """What a process has used of the processor, in the kernel's hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_mb(pid: int) -> float:
    """What a process holds of the memory, in mebibytes."""
    resident = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(resident) * os.sysconf("SC_PAGE_SIZE") / 2**20
