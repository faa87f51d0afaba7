"""The tray app: everything that lives in it, and what belongs together."""

from __future__ import annotations

import datetime
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer
from PySide6.QtWidgets import QSystemTrayIcon

from quicktype import paths, protocol
from quicktype.background import StartError, spawn_daemon
from quicktype.client import DaemonError
from quicktype.transcript import TranscriptError, parse_lines
from ui.app import autostart, checks, instance
from ui.app.bridge import Bridge
from ui.app.conductor import Conductor
from ui.app.link import Health, Link, LinkState, Starting
from ui.app.status import Status, status
from ui.app.windows import Windows
from ui.core import settings_file
from ui.core.actions import Event, Mood
from ui.core.machine import Machine
from ui.core.pausing import QUARTER_S, Pause, tomorrow
from ui.core.rules import Rule
from ui.core.settings import Loaded, load, settings_path
from ui.core.settings_file import SettingsError
from ui.core.statistics import Statistics
from ui.qt.overlay import Overlay
from ui.qt.tray import Tray, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.doctor.check import Check
    from ui.platform.interface import Platform

_RELOAD = "reload"
"""The name of the one question to the daemon that is not about a draft."""
_SAVE_MS = 60_000
_SETTLE_MS = 100
"""Editors write a file in several steps."""
_LOOK_MS = 2_000
"""Somebody who comes to another app has its field and its conversation read by then."""


class Application(QObject):
    """Lives from `start` to `stop`, on Qt's main thread."""

    def __init__(self, platform: Platform, quit_app: Callable[[], None]) -> None:
        super().__init__()
        self._platform = platform
        self._loaded: Loaded = load()
        self._mood: Mood | None = None
        self._place = Mood(None)
        self._link_state = LinkState(Health.STARTING)
        self._findings: tuple[Check, ...] = ()
        self._examined = ""
        self._has_tray = QSystemTrayIcon.isSystemTrayAvailable()
        self._started = False
        self._to_reload = False
        self._pause = Pause()
        self.statistics = Statistics()
        self._bridge = Bridge()
        self.overlay = Overlay(platform, self._loaded.settings)
        self._link = Link(self._on_message, self._bridge.on_link, self._spawn)
        machine = Machine(self._loaded.settings, paused=self._pause.holds(time.time()))
        presenter = platform.presenter or self.overlay
        self.conductor = Conductor(
            machine, platform, presenter, self._link.tell, self._bridge.ears()
        )
        self.windows = Windows(self._checks, self.statistics, self._change)
        self.tray = Tray(self._wishes(quit_app))
        self._pausing = self._timer(self._pause_ended)
        self._saving = self._timer(self._save)
        self._settling = self._timer(self._reload)
        self._looking = self._timer(self._examine)
        self._watcher = QFileSystemWatcher()
        self._watcher.fileChanged.connect(lambda _: self._settling.start(_SETTLE_MS))
        self._watcher.directoryChanged.connect(lambda _: self._settling.start(_SETTLE_MS))
        self._connect()

    def start(self) -> None:
        """Begins to watch the desktop; raises OSError when there is none."""
        self.tray.show()
        self.conductor.start()
        self._apply_pause()
        self._link.start()
        self._watch_settings()
        self._started = True
        self._changed()
        self._examine()
        self._welcome()

    def stop(self) -> None:
        """Gives everything back, and keeps what was counted."""
        self._started = False
        self.conductor.stop()
        self._link.close()
        self.tray.hide()
        self._save()

    # --- what is told -----------------------------------------------------------------------

    def _connect(self) -> None:
        self._bridge.mood.connect(self._on_mood)
        self._bridge.count.connect(self._on_count)
        self._bridge.took.connect(self._on_took)
        self._bridge.toggle_pause.connect(self._toggle_pause)
        self._bridge.read_clipboard.connect(self._read_clipboard)
        self._bridge.findings.connect(self._on_findings)
        self._bridge.link.connect(self._on_link)
        self._bridge.trouble.connect(lambda words: self.tray.say("quicktype", words))

    def _on_message(self, message: protocol.ServerMessage) -> None:
        """On the link's thread."""
        match message:
            case protocol.Error(id=name) if name == _RELOAD:
                self._to_reload = False
                self._bridge.trouble.emit(f"the model could not be loaded: {message.message}")
            case protocol.Ok(id=name) if name == _RELOAD:
                self._to_reload = False
                self._link.restart()  # to be told the new model's name
            case _:
                self.conductor.on_message(message)

    def _on_mood(self, mood: Mood) -> None:
        self._mood = mood
        if mood.app:
            self._place = mood
        if mood.silence is None and mood.app not in {"", self._examined}:
            self._examined = mood.app
            self._looking.start(_LOOK_MS)
        self._changed()

    def _on_link(self, state: LinkState) -> None:
        self._link_state = state
        if state.health is Health.READY:
            self._tell_to_reload()
        self._changed()

    def _on_findings(self, findings: tuple[Check, ...]) -> None:
        self._findings = self._with_earlier(findings)
        self._changed()

    def _on_count(self, event: Event, amount: int) -> None:
        if self._loaded.settings.statistics:
            self.statistics.count(event, amount, datetime.datetime.now().astimezone().date())
            self._save_soon()

    def _on_took(self, milliseconds: float) -> None:
        if self._loaded.settings.statistics:
            self.statistics.took(milliseconds, datetime.datetime.now().astimezone().date())
            self._save_soon()

    def status(self) -> Status:
        """The state at a glance."""
        return status(self._link_state, self._mood, self._findings, self._loaded.problems)

    def _changed(self) -> None:
        """Shows the state, and publishes it for `quicktype status`."""
        found = self.status()
        self.tray.update(found, self._place.app)
        with suppress(OSError):  # nobody can ask then, and everything else goes on
            ready = self._started and self._link_state.health is not Health.STARTING
            report = instance.TrayReport(os.getpid(), found.kind, found.line, ready, self._findings)
            instance.publish(report)

    def _examine(self) -> None:
        """What works here; it may take its time, so it runs in a thread of its own."""

        def look() -> None:
            found = self._platform.examine()
            with suppress(RuntimeError):  # the app has ended meanwhile
                self._bridge.findings.emit(found)

        threading.Thread(target=look, name="examine", daemon=True).start()

    def _checks(self) -> tuple[Check, ...]:
        """What works here, this app's own part too; may block, and runs on any thread."""
        own = (checks.of_daemon(self._link_state), checks.of_tray(available=self._has_tray))
        return (*self._with_earlier(self._platform.examine()), *own)

    def _with_earlier(self, found: tuple[Check, ...]) -> tuple[Check, ...]:
        """What is known only while somebody is in a text field is kept until it is known anew."""
        names = {check.name for check in found}
        return (*found, *(check for check in self._findings if check.name not in names))

    def _welcome(self) -> None:
        """At the first start, what works here is shown."""
        seen = paths.state_folder() / "welcomed"
        if not self._loaded.settings.welcome or seen.exists():
            return
        with suppress(OSError):
            seen.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            seen.touch()
        self._open_first_page()

    def _open_first_page(self) -> None:
        self._has_tray = QSystemTrayIcon.isSystemTrayAvailable()
        self.windows.open_first_page()

    # --- pauses -----------------------------------------------------------------------------

    def _toggle_pause(self) -> None:
        self._pause_until(0.0 if self._pause.holds(time.time()) else float("inf"))

    def _pause_until(self, until: float) -> None:
        self._pause.set(until)
        self._apply_pause()

    def _apply_pause(self) -> None:
        left = self._pause.until - time.time()
        self._pausing.stop()
        if 0 < left < 2**31 / 1000:
            self._pausing.start(int(left * 1000) + 1)
        self.conductor.paused(on=left > 0)

    def _pause_ended(self) -> None:
        self._apply_pause()

    # --- settings ---------------------------------------------------------------------------

    def _watch_settings(self) -> None:
        """The file, and its folder: editors and `save` put a new file in the old one's place."""
        path = settings_path()
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._watcher.addPath(str(path.parent))
        if path.exists():
            self._watcher.addPath(str(path))

    def _change(self, changes: dict[tuple[str, ...], object], rules: list[Rule] | None) -> str:
        """Writes settings; gives what went wrong, in words, else an empty text."""
        try:
            settings_file.save(settings_path(), changes, rules)
        except (SettingsError, ValueError) as error:
            return str(error)
        self._reload()
        return ""

    def _reload(self) -> None:
        """Takes the settings as file and environment say now."""
        self._watch_settings()
        before, self._loaded = self._loaded, load()
        if self._loaded == before:
            return
        settings = self._loaded.settings
        self.overlay.configure(settings)
        self.conductor.configured(settings)
        if settings.model != before.settings.model:
            self._to_reload = True
            self._tell_to_reload()
        if settings.start_at_login != before.settings.start_at_login:
            with suppress(OSError):
                autostart.set_start_at_login(on=settings.start_at_login)
        self.windows.settings(self._loaded)
        self._changed()

    def _tell_to_reload(self) -> None:
        """The daemon takes its model from the settings; nobody hears this while none is there."""
        if self._to_reload:
            self._link.tell(protocol.Reload(_RELOAD))

    def _silence_app(self) -> None:
        """Never in the app that had the focus last."""
        if self._place.app:
            rule = Rule(app=(self._place.app,), decides={"suggest": False})
            self._change({}, [*self._loaded.settings.rules, rule])

    # --- the rest ---------------------------------------------------------------------------

    def _spawn(self) -> Starting | None:
        """Starts a daemon, unless systemd does that; called by the link's thread."""
        if autostart.systemd_minds_daemon():
            return None
        try:
            return spawn_daemon()
        except StartError as error:
            raise DaemonError(str(error)) from error

    def _read_clipboard(self) -> None:
        def read() -> None:
            with suppress(TranscriptError):
                self.conductor.clipboard(parse_lines(self._platform.context.clipboard()))

        threading.Thread(target=read, name="clipboard", daemon=True).start()

    def _save_soon(self) -> None:
        if not self._saving.isActive():
            self._saving.start(_SAVE_MS)

    def _save(self) -> None:
        with suppress(OSError):  # counts are not worth a failure
            self.statistics.save()

    def _timer(self, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(then)
        return timer

    def _wishes(self, quit_app: Callable[[], None]) -> Wishes:
        return Wishes(
            pause_quarter=lambda: self._pause_until(time.time() + QUARTER_S),
            pause_day=lambda: self._pause_until(tomorrow(time.time())),
            go_on=lambda: self._pause_until(0.0),
            silence_app=self._silence_app,
            settings=lambda: self.windows.open_settings(self._loaded),
            statistics=self.windows.open_statistics,
            first_page=self._open_first_page,
            about=lambda: self.windows.open_about(self._link_state),
            quit=quit_app,
        )
