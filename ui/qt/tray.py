"""The tray icon and its menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from ui.app.status import Kind, Status
from ui.qt.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the menu's entries do."""

    pause_quarter: Callable[[], None]
    pause_day: Callable[[], None]
    go_on: Callable[[], None]
    silence_app: Callable[[], None]
    """Never in the app that had the focus last; its name is in the entry."""
    settings: Callable[[], None]
    statistics: Callable[[], None]
    first_page: Callable[[], None]
    about: Callable[[], None]
    quit: Callable[[], None]


class Tray(QObject):
    """One icon. Main thread only."""

    def __init__(self, wishes: Wishes) -> None:
        super().__init__()
        self.menu = QMenu()
        self.line = self._add("", None)
        self.line.setEnabled(False)
        self.menu.addSeparator()
        self.go_on = self._add("Go on", wishes.go_on)
        self.pause_quarter = self._add("Pause for 15 minutes", wishes.pause_quarter)
        self.pause_day = self._add("Pause until tomorrow", wishes.pause_day)
        self.silence_app = self._add("", wishes.silence_app)
        self.menu.addSeparator()
        self._add("Settings …", wishes.settings)
        self._add("Statistics …", wishes.statistics)
        self._add("What works here …", wishes.first_page)
        self._add("About quicktype", wishes.about)
        self.menu.addSeparator()
        self._add("Quit", wishes.quit)
        self.icon = QSystemTrayIcon(icon(Kind.STARTING))
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(lambda reason: self._activated(reason, wishes))
        self.update(Status(Kind.STARTING, "starting"), "")

    def show(self) -> None:
        """Puts the icon into the tray; if there is none yet, when one comes."""
        self.icon.show()

    def hide(self) -> None:
        """Takes the icon away."""
        self.icon.hide()

    def update(self, status: Status, app: str) -> None:
        """Shows this state; `app` is the program that had the focus last, "" if none."""
        self.icon.setIcon(icon(status.kind))
        self.icon.setToolTip(f"quicktype: {status.line}")
        self.line.setText(status.line)
        paused = status.kind is Kind.PAUSED
        self.go_on.setVisible(paused)
        self.pause_quarter.setVisible(not paused)
        self.pause_day.setVisible(not paused)
        self.silence_app.setVisible(bool(app) and status.kind is not Kind.SILENT)
        self.silence_app.setText(f"Never in {app}")

    def say(self, title: str, text: str) -> None:
        """A notice that goes away by itself."""
        self.icon.showMessage(title, text, icon(Kind.TROUBLE))

    def _add(self, text: str, wish: Callable[[], None] | None) -> QAction:
        action = QAction(text, self.menu)
        if wish is not None:
            action.triggered.connect(lambda _checked=False: wish())
        self.menu.addAction(action)
        return action

    def _activated(self, reason: QSystemTrayIcon.ActivationReason, wishes: Wishes) -> None:
        if reason is QSystemTrayIcon.ActivationReason.DoubleClick:
            wishes.settings()
