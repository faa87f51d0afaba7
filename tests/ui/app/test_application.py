"""The whole app with a platform that is played and a daemon in a thread."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from quicktype.doctor.check import Check, State
from quicktype.draft import Draft
from tests.support.fake_completer import HANG_S
from tests.support.fake_daemon import ThreadedDaemon, threaded_daemon
from tests.ui.app.stand_ins import FakePlatform
from tests.ui.qt.conftest import application
from ui.app import application as application_module
from ui.app import autostart, instance
from ui.app.application import Application
from ui.app.status import Kind
from ui.core.actions import Event
from ui.core.settings import load, settings_path
from ui.core.statistics import statistics_path
from ui.platform.interface import (
    App,
    ChordPress,
    Done,
    Field,
    Font,
    Insertion,
    KeyKind,
    KeyPress,
    Listener,
    Placement,
    Reading,
    Role,
    Window,
)

__all__ = ["application"]

CHAT = App("konversation")


class Desk:
    """The app, the platform under it, and a person at the keys."""

    def __init__(self, qt: QApplication) -> None:
        self.qt = qt
        self.platform = FakePlatform()
        self.platform.placement = Placement(300, 200, 20, Font(15.0), 600)
        self.quits = 0
        self.app = Application(self.platform, self._quit)
        self.sequence = 0

    @property
    def listener(self) -> Listener:
        assert self.platform.listener is not None
        return self.platform.listener

    def until(self, found: Callable[[], object], what: str) -> None:
        end = time.monotonic() + HANG_S
        while not found():
            assert time.monotonic() < end, what
            self.qt.processEvents()
            time.sleep(0.001)

    def field(self, text: str, app: App = CHAT) -> None:
        self.listener.on_field(
            Field(
                f"f {app.name}", self.sequence, app, Window("w"), Role.TEXT, editable=True,
                draft=Draft(text) if self.listener.on_app(app, "") is Reading.TEXT else None,
            )
        )  # fmt: skip

    def type(self, text: str, onto: str = "") -> None:
        for end in range(1, len(text) + 1):
            self.sequence += 1
            self.listener.on_key(KeyPress(self.sequence, KeyKind.TEXT, time.monotonic()))
            self.field(onto + text[:end])

    def press(self, key: str) -> bool:
        chord = next((c for c in self.platform.armed if str(c) == key), None)
        if chord is None:
            return False
        verdict = self.listener.on_chord(
            ChordPress(chord, self.sequence, fresh=True, repeated=False)
        )
        if isinstance(verdict.edit, Insertion):
            self.sequence += 1
            self.listener.on_done(Done(verdict.edit.number, self.sequence))
        return verdict.taken

    def ghost(self) -> str:
        window = self.app.overlay.window
        return window.ghost.text if window.isVisible() and window.ghost else ""

    def _quit(self) -> None:
        self.quits += 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, without a daemon yet."""
    with tempfile.TemporaryDirectory(prefix="qt-") as runtime:
        monkeypatch.setenv("QUICKTYPE_SOCKET", str(Path(runtime) / "daemon.sock"))
        for name in ("CONFIG", "DATA", "STATE"):
            monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
        monkeypatch.setenv("QUICKTYPE_WELCOME", "off")
        monkeypatch.setattr(autostart, "systemd_minds_daemon", lambda: True)
        yield Path(runtime)


@contextmanager
def started(qt: QApplication) -> Iterator[Desk]:
    desk = Desk(qt)
    with instance.claimed():
        desk.app.start()
        try:
            yield desk
        finally:
            desk.app.stop()


@pytest.fixture
def daemon(home: Path) -> Iterator[ThreadedDaemon]:
    with threaded_daemon(home / "daemon.sock") as daemon:
        yield daemon


@pytest.fixture
def desk(application: QApplication, daemon: ThreadedDaemon) -> Iterator[Desk]:
    with started(application) as desk:
        desk.until(lambda: desk.app.status().kind is Kind.READY, "the daemon")
        yield desk


def test_what_is_typed_is_completed_taken_and_counted(desk: Desk) -> None:
    desk.type("m", onto="see you to")
    desk.until(lambda: desk.ghost() == "orrow at noon", "the ghost")
    assert desk.press("Tab")
    desk.field("see you tomorrow")
    desk.until(lambda: desk.ghost() == " at noon", "the rest")
    desk.until(lambda: desk.app.statistics.total()[Event.ACCEPTED] == 1, "the count")
    desk.app.stop()
    day = next(iter(json.loads(statistics_path().read_text())["days"].values()))
    assert day["accepted_characters"] == len("orrow")
    assert "tom" not in statistics_path().read_text()


def test_the_key_for_pausing_pauses_and_the_menu_goes_on(desk: Desk) -> None:
    desk.field("a")
    assert desk.press("Ctrl+Alt+p")
    desk.until(lambda: desk.app.status().kind is Kind.PAUSED, "the pause")
    assert desk.listener.on_app(CHAT, "") is Reading.NOTHING
    tray = instance.running()
    assert tray is not None
    assert tray.state == "paused"
    desk.app.tray.go_on.trigger()
    desk.until(lambda: desk.app.status().kind is Kind.READY, "its end")
    assert desk.listener.on_app(CHAT, "") is Reading.TEXT


def test_a_pause_is_kept_over_a_restart(application: QApplication, daemon: ThreadedDaemon) -> None:
    with started(application) as desk:
        desk.app.tray.pause_day.trigger()
    with started(application) as desk:
        assert desk.listener.on_app(CHAT, "") is Reading.NOTHING
        desk.app.tray.go_on.trigger()
        assert desk.listener.on_app(CHAT, "") is Reading.TEXT


def test_never_in_this_app_is_a_rule_of_the_users(desk: Desk) -> None:
    desk.field("a")
    desk.until(lambda: desk.app.tray.silence_app.text() == "Never in konversation", "its name")
    desk.app.tray.silence_app.trigger()
    assert load().settings.rules[-1].app == ("konversation",)
    assert desk.listener.on_app(CHAT, "") is Reading.NOTHING
    desk.field("a")
    desk.until(lambda: desk.app.status().kind is Kind.SILENT, "the silence")


def test_a_settings_file_that_changes_holds_at_once_and_a_broken_one_is_told(desk: Desk) -> None:
    settings_path().write_text("enabled = false\n")
    desk.until(lambda: desk.app.status().kind is Kind.PAUSED, "the switch")
    settings_path().write_text("enabled = \n")
    desk.until(lambda: desk.app.status().kind is Kind.TROUBLE, "the trouble")
    assert "settings.toml" in desk.app.status().line
    settings_path().write_text("start_at_login = true\n")
    desk.until(lambda: autostart.entry_path().exists(), "the autostart entry")
    assert desk.app.status().kind is Kind.READY


def test_another_model_is_loaded_and_a_failure_is_told(
    desk: Desk, daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(desk.app.tray, "say", lambda _title, words: told.append(words))
    settings_path().write_text('model = "mine"\n')
    desk.until(lambda: len(daemon.completers) == 2, "the new model")
    desk.until(lambda: desk.app.status().kind is Kind.READY, "the daemon")
    daemon.failure = RuntimeError("no such model")
    settings_path().write_text('model = "theirs"\n')
    desk.until(lambda: told, "the trouble")
    assert "could not be loaded" in told[0]


def test_a_desktop_part_that_fails_is_told_with_what_mends_it(desk: Desk) -> None:
    broken = Check("text", State.FAIL, "no accessibility bus", "install at-spi2-core")
    desk.listener.on_findings((broken,))
    desk.until(lambda: desk.app.status().kind is Kind.TROUBLE, "the trouble")
    assert desk.app.tray.icon.toolTip().endswith("install at-spi2-core")


def test_what_a_field_tells_is_looked_at_in_each_app_and_remembered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    caret = Check("caret", State.OK, "konversation tells where it is")
    monkeypatch.setattr(application_module, "_LOOK_MS", 1)
    desk.platform.findings = (caret,)
    desk.field("a")

    def published() -> tuple[str, ...]:
        report = instance.running()
        return tuple(check.name for check in report.checks) if report is not None else ()

    desk.until(lambda: "caret" in published(), "the look")
    desk.listener.on_findings((Check("text", State.OK, "told by the app"),))
    desk.until(lambda: published() == ("text", "caret"), "what is new before what was known")


def test_a_daemon_that_comes_later_is_found_and_told(application: QApplication, home: Path) -> None:
    with started(application) as desk:
        desk.until(lambda: desk.app.status().kind is Kind.TROUBLE, "its absence")
        desk.field("")
        desk.type("see you to")
        assert desk.ghost() == ""
        with threaded_daemon(home / "daemon.sock"):
            desk.until(lambda: desk.app.status().kind is Kind.READY, "the daemon")
            desk.type("see you tom")
            desk.until(lambda: desk.ghost() == "orrow at noon", "the ghost")


def test_the_clipboard_may_hold_the_conversation(
    application: QApplication, daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUICKTYPE_KEYS_READ_CLIPBOARD", "F9")
    with started(application) as desk:
        desk.until(lambda: desk.app.status().kind is Kind.READY, "the daemon")
        desk.platform.clip = "Ben: when?\n"
        desk.field("at no")
        assert desk.press("F9")
        asked = daemon.completers[-1].requests

        def known() -> bool:
            return any(turn.text == "when?" for r in asked for turn in r.conversation.turns)

        desk.until(known, "the conversation")


def test_the_windows_open_from_the_menu(desk: Desk) -> None:
    shown = []
    for action in desk.app.tray.menu.actions():
        if action.text() in {"Settings …", "Statistics …", "What works here …", "About quicktype"}:
            action.trigger()
            shown.append(action.text())
    titles = {widget.windowTitle() for widget in desk.qt.topLevelWidgets() if widget.isVisible()}
    assert len(shown) == 4
    assert {"quicktype: settings", "quicktype: statistics", "quicktype: what works here"} <= titles
    for widget in desk.qt.topLevelWidgets():
        widget.close()


def test_at_the_first_start_what_works_here_is_shown_once(
    application: QApplication, daemon: ThreadedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUICKTYPE_WELCOME")
    for expected in (True, False):
        with started(application):
            titles = {w.windowTitle() for w in application.topLevelWidgets() if w.isVisible()}
            assert ("quicktype: what works here" in titles) is expected
            for widget in application.topLevelWidgets():
                widget.close()


def test_quit_is_asked_of_whoever_runs_the_app(desk: Desk) -> None:
    desk.app.tray.menu.actions()[-1].trigger()
    assert desk.quits == 1
