"""quicktype as a person has it: started once, then in a chat window of a real app."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from Xlib import X, error

from engine import checkpoint
from engine.kernels.shelf import cache_folder
from engine.model import Model
from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.waiting import wait_for
from tests.support.tiny_model import parrot_checkpoint

COMMAND = [sys.executable, "-P", "-m", "quicktype.cli"]
SECONDS = 120
MAX_MEMORY_MB = 90


@dataclass
class Quicktype:
    """The product on the private desktop, in a home of its own."""

    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return found

    def line(self) -> str:
        """What the tray tells."""
        return str((self.status()["tray"] or {}).get("line", ""))


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that go on with one sentence; the engine is compiled by then."""
    path = tmp_path_factory.mktemp("models") / "parrot.safetensors"
    checkpoint.save(path, parrot_checkpoint("see you tomorrow"))
    Model(checkpoint.load(path))
    return path


@pytest.fixture
def quicktype(desktop: Desktop, parrot: Path, tmp_path: Path) -> Iterator[Quicktype]:
    """Started; nothing of it outlives the test."""
    runtime = Path(tempfile.mkdtemp(prefix="qt-"))
    product = Quicktype(
        {
            **desktop.environment,
            "XDG_CACHE_HOME": str(cache_folder().parent),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "QUICKTYPE_SOCKET": str(runtime / "daemon.sock"),
            "QUICKTYPE_MODEL": str(parrot),
            "QUICKTYPE_WELCOME": "off",
        }
    )
    started = product.run("start")
    try:
        assert started.returncode == 0, started.stderr
        yield product
    finally:
        product.run("stop")
        shutil.rmtree(runtime)


@dataclass
class Person:
    """Somebody who types in the Qt chat, and looks at the screen."""

    app: RunningApp
    fingers: Fingers

    def begin(self) -> None:
        """Empties the line."""
        self.app.activate()
        self.fingers.tap("Control_L", "a")
        self.fingers.tap("BackSpace")
        self.app.told.wait("line", "")

    def ghost(self) -> tuple[int, int, int, int] | None:
        """Where the ghost is, if it shows."""
        root = self.app.display.screen().root
        for window in root.query_tree().children:
            try:
                if window.get_wm_name() != "quicktype ghost":
                    continue
                if window.get_attributes().map_state != X.IsViewable:
                    continue
                place = window.get_geometry()
            except error.BadWindow:
                continue
            return place.x, place.y, place.width, place.height
        return None

    def sees_ghost(self) -> tuple[int, int, int, int]:
        found = wait_for(self.ghost, "the ghost")
        assert found is not None
        return found

    def sees_nothing(self) -> None:
        wait_for(lambda: self.ghost() is None, "the ghost's end")


@pytest.fixture
def person(qt_chat: RunningApp, fingers: Fingers, quicktype: Quicktype) -> Person:
    person = Person(qt_chat, fingers)
    person.begin()
    return person


def test_ghost_text_at_the_caret_and_tab_takes_it(
    person: Person, quicktype: Quicktype, desktop: Desktop
) -> None:
    person.fingers.write("see you tom", every=0.05)
    _, _, width, height = person.sees_ghost()
    assert width > 20
    assert 10 <= height <= 40
    focus = person.app.display.get_input_focus().focus
    person.fingers.tap("Tab")
    person.app.told.wait("line", "see you tomorrow")
    person.sees_nothing()
    assert person.app.display.get_input_focus().focus == focus
    statistics = json.loads(quicktype.run("stats", "--json").stdout)
    assert set(statistics) >= {"keys_saved", "savings"}


def test_escape_hides_it_and_backspace_takes_it_back(person: Person) -> None:
    person.fingers.write("see you tom", every=0.05)
    person.sees_ghost()
    person.fingers.tap("Shift_L", "Tab")
    person.app.told.wait("line", "see you tomorrow")
    person.fingers.tap("BackSpace")
    person.app.told.wait("line", "see you tom")
    assert person.ghost() is None
    person.fingers.tap("BackSpace")
    person.app.told.wait("line", "see you to")
    person.sees_ghost()
    person.fingers.tap("Escape")
    person.sees_nothing()
    person.app.told.wait("line", "see you to")


def test_a_daemon_that_is_killed_is_started_again_and_typing_goes_on(
    person: Person, quicktype: Quicktype
) -> None:
    person.fingers.write("see y", every=0.05)
    os.kill(quicktype.status()["pid"], signal.SIGKILL)
    person.fingers.write("ou t", every=0.02)
    person.app.told.wait("line", "see you t")
    wait_for(lambda: quicktype.line() == "ready", "the new daemon", SECONDS)
    person.fingers.write("om", every=0.05)
    person.sees_ghost()


def test_a_daemon_that_hangs_is_told_and_typing_goes_on(
    person: Person, quicktype: Quicktype
) -> None:
    pid = quicktype.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        person.fingers.write("see you tom", every=0.01)
        person.app.told.wait("line", "see you tom")
        tray = Path(quicktype.environment["QUICKTYPE_SOCKET"]).with_name("tray.json")
        wait_for(lambda: "does not answer" in tray.read_text(), "the tray's word")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: quicktype.line() == "ready", "its recovery")


def test_the_tray_is_one_small_idle_process(person: Person, quicktype: Quicktype) -> None:
    again = quicktype.run("start")
    assert again.stdout.count("already runs") == 2
    person.fingers.write("see you tom", every=0.05)
    person.sees_ghost()
    pid = quicktype.status()["tray"]["pid"]
    resident = Path(f"/proc/{pid}/statm").read_text().split()[1]
    assert int(resident) * os.sysconf("SC_PAGE_SIZE") / 2**20 <= MAX_MEMORY_MB

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    time.sleep(0.5)
    before = ticks()
    time.sleep(1)
    assert ticks() - before <= 2


def test_stop_ends_both_and_leaves_nothing(person: Person, quicktype: Quicktype) -> None:
    status = quicktype.status()
    assert quicktype.run("stop").stdout == "the tray has stopped\nthe daemon has stopped\n"
    for pid in (status["pid"], status["tray"]["pid"]):
        assert not Path(f"/proc/{pid}").exists()
    folder = Path(quicktype.environment["QUICKTYPE_SOCKET"]).parent
    assert {path.name for path in folder.iterdir()} <= {"daemon.sock.lock", "tray.lock"}
    assert quicktype.run("status").returncode == 1


def test_paused_nothing_shows(person: Person, quicktype: Quicktype) -> None:
    person.fingers.tap("Control_L", "Alt_L", "p")
    wait_for(lambda: quicktype.line() == "paused", "the pause")
    person.fingers.write("see you tom", every=0.05)
    person.app.told.wait("line", "see you tom")
    time.sleep(0.3)
    assert person.ghost() is None
    person.fingers.tap("Control_L", "Alt_L", "p")
    wait_for(lambda: quicktype.line() == "ready", "its end")
    person.sees_ghost()


def test_settings_that_are_written_hold_at_once(person: Person, quicktype: Quicktype) -> None:
    person.fingers.write("see you tom", every=0.05)
    person.sees_ghost()
    folder = Path(quicktype.environment["XDG_CONFIG_HOME"]) / "quicktype"
    (folder / "settings.toml").write_text('[[rules]]\napp = "*"\nsuggest = false\n')
    person.sees_nothing()
