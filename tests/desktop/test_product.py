"""quicktype as a person has it: started once, then in a chat window of a real app."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import checkpoint
from engine.model import Model
from quicktype.doctor.check import State
from tests.desktop.harness import pictures
from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.desktop import Desktop
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.product import (
    SECONDS,
    Person,
    Quicktype,
    is_alive,
    memory_mb,
    processor_ticks,
    started,
)
from tests.desktop.harness.waiting import wait_for
from tests.support.tiny_model import parrot_checkpoint

MAX_MEMORY_MB = 90
FIELDS = {
    "qt": ("qt_chat", "line", 0),
    "gtk": ("gtk_entry", "line", 0),
    "chromium": ("web_chat", "message", 1),
}


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that go on with one sentence; the engine is compiled by then."""
    path = tmp_path_factory.mktemp("models") / "parrot.safetensors"
    checkpoint.save(path, parrot_checkpoint("see you tomorrow"))
    Model(checkpoint.load(path))
    return path


@pytest.fixture
def quicktype(desktop: Desktop, parrot: Path, tmp_path: Path) -> Iterator[Quicktype]:
    """Daemon and tray, with weights that say one sentence."""
    with started(desktop, tmp_path, QUICKTYPE_MODEL=str(parrot)) as product:
        yield product


@pytest.fixture
def person(qt_chat: RunningApp, fingers: Fingers, quicktype: Quicktype) -> Person:
    person = Person(qt_chat, "line", 0, fingers)
    person.begin()
    return person


@pytest.fixture
def folder_for_pictures(tmp_path: Path) -> Path:
    """Where the pictures of this test are kept: $QUICKTYPE_SCREENSHOTS, else with its files."""
    return Path(os.environ.get("QUICKTYPE_SCREENSHOTS") or tmp_path).absolute()


@pytest.mark.parametrize("name", FIELDS)
def test_in_every_app_the_ghost_stands_where_the_text_will_stand(
    name: str,
    request: pytest.FixtureRequest,
    desktop: Desktop,
    fingers: Fingers,
    tmp_path: Path,
    folder_for_pictures: Path,
) -> None:
    """With the weights that ship; what the app itself then writes is the measure."""
    app, field, index = FIELDS[name]
    person = Person(request.getfixturevalue(app), field, index, fingers)
    display = person.app.display
    with started(desktop, tmp_path, QUICKTYPE_LOOK_HINT="off"):
        person.begin()
        fingers.write("see you tomor", every=0.02)
        place = person.sees_ghost()
        focus = display.get_input_focus().focus
        window = pictures.look(display, person.app.area())
        pictures.save(window, folder_for_pictures / f"{name}.png")
        ghost = pictures.look(display, place)
        fingers.tap("Tab")
        person.reads("see you tomorrow")
        person.sees_nothing()
        wait_for(lambda: pictures.covers(pictures.look(display, place), ghost), "the same place")
        assert display.get_input_focus().focus == focus


def test_ghost_text_at_the_caret_and_tab_takes_it(
    person: Person, quicktype: Quicktype, desktop: Desktop
) -> None:
    person.fingers.write("see you tom", every=0.02)
    place = person.sees_ghost()
    assert place.width > 20
    assert 10 <= place.height <= 40
    focus = person.app.display.get_input_focus().focus
    person.fingers.tap("Tab")
    person.reads("see you tomorrow")
    person.sees_nothing()
    assert person.app.display.get_input_focus().focus == focus
    statistics = json.loads(quicktype.run("stats", "--json").stdout)
    assert set(statistics) >= {"keys_saved", "savings"}


def test_escape_hides_it_and_backspace_takes_it_back(person: Person) -> None:
    person.fingers.write("see you tom", every=0.02)
    person.sees_ghost()
    person.fingers.tap("Shift_L", "Tab")
    person.reads("see you tomorrow")
    person.fingers.tap("BackSpace")
    person.reads("see you tom")
    assert person.ghost() is None
    person.fingers.tap("BackSpace")
    person.reads("see you to")
    person.sees_ghost()
    person.fingers.tap("Escape")
    person.sees_nothing()
    person.reads("see you to")


def test_a_daemon_that_is_killed_is_started_again_and_typing_goes_on(
    person: Person, quicktype: Quicktype
) -> None:
    person.fingers.write("see y", every=0.02)
    os.kill(quicktype.status()["pid"], signal.SIGKILL)
    person.fingers.write("ou t", every=0.02)
    person.reads("see you t")
    wait_for(lambda: quicktype.line() == "ready", "the new daemon", SECONDS)
    person.fingers.write("om", every=0.02)
    person.sees_ghost()


def test_a_daemon_that_hangs_is_told_and_typing_goes_on(
    person: Person, quicktype: Quicktype
) -> None:
    pid = quicktype.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        person.fingers.write("see you tom", every=0.01)
        person.reads("see you tom")
        tray = quicktype.folder / "tray.json"
        wait_for(lambda: "does not answer" in tray.read_text(), "the tray's word")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: quicktype.line() == "ready", "its recovery")


def test_the_tray_is_one_small_idle_process(person: Person, quicktype: Quicktype) -> None:
    again = quicktype.run("start")
    assert again.stdout.count("already runs") == 2
    person.fingers.write("see you tom", every=0.02)
    person.sees_ghost()
    pid = quicktype.status()["tray"]["pid"]
    assert memory_mb(pid) <= MAX_MEMORY_MB
    wait_for(lambda: ticks_in(pid, seconds=1.0) == 0, "idleness")


def ticks_in(pid: int, seconds: float) -> int:
    """What a process uses of the processor in so many seconds, in hundredths of a second."""
    before = processor_ticks(pid)
    time.sleep(seconds)
    return processor_ticks(pid) - before


def test_stop_ends_both_and_leaves_nothing(person: Person, quicktype: Quicktype) -> None:
    status = quicktype.status()
    assert quicktype.run("stop").stdout == "the tray has stopped\nthe daemon has stopped\n"
    for pid in (status["pid"], status["tray"]["pid"]):
        wait_for(lambda pid=pid: not is_alive(pid), "its end")  # type: ignore[misc]
    assert {path.name for path in quicktype.folder.iterdir()} <= {"daemon.sock.lock", "tray.lock"}
    assert quicktype.run("status").returncode == 1


def test_paused_nothing_is_asked_and_nothing_shows(person: Person, quicktype: Quicktype) -> None:
    person.fingers.tap("Control_L", "Alt_L", "p")
    wait_for(lambda: quicktype.line() == "paused", "the pause")
    asked = quicktype.status()["requests"]
    person.fingers.write("see you tom", every=0.02)
    person.reads("see you tom")
    assert person.ghost() is None
    assert quicktype.status()["requests"] == asked
    person.fingers.tap("Control_L", "Alt_L", "p")
    person.sees_ghost()
    assert quicktype.line() == "ready"


def test_settings_that_are_written_hold_at_once(person: Person, quicktype: Quicktype) -> None:
    person.fingers.write("see you tom", every=0.02)
    person.sees_ghost()
    folder = Path(quicktype.environment["XDG_CONFIG_HOME"]) / "quicktype"
    (folder / "settings.toml").write_text('[[rules]]\napp = "*"\nsuggest = false\n')
    person.sees_nothing()


def test_doctor_finds_the_desktop_and_the_tray_well(person: Person, quicktype: Quicktype) -> None:
    report = json.loads(quicktype.run("doctor", "--json").stdout)
    states = {check["name"]: check["state"] for check in report["checks"]}
    for name in ("keyboard", "text", "accept key", "tray", "tray app", "engine", "daemon"):
        assert states[name] == State.OK, report
    assert "overlay" in states
