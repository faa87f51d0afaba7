"""Qt's event loop around the app."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication

from ui.app.application import Application
from ui.app.backend import open_platform
from ui.qt import style

if TYPE_CHECKING:
    from collections.abc import Callable


def run(prepare: Callable[[Application], None] = lambda _application: None) -> int:
    """Runs until somebody ends it; gives the exit code. Raises OSError without a desktop.

    `prepare` may look at the app before it starts.
    """
    platform = open_platform()
    qt = QApplication(["quicktype"])
    qt.setApplicationDisplayName("quicktype")
    qt.setDesktopFileName("quicktype")
    qt.setQuitOnLastWindowClosed(False)
    style.dress(qt)
    notifier = _quit_on_signals(qt)
    application = Application(platform, qt.quit)
    prepare(application)
    application.start()
    try:
        return qt.exec()
    finally:
        notifier.setEnabled(False)
        application.stop()


def _quit_on_signals(qt: QApplication) -> QSocketNotifier:
    """SIGTERM and SIGINT end the event loop: Python only sees them when Qt wakes it up."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.detach())
    notifier = QSocketNotifier(reading.detach(), QSocketNotifier.Type.Read, qt)
    notifier.activated.connect(lambda *_: qt.quit())
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if not hasattr(signal, name):
            continue  # Windows knows of no hang-up
        signal.signal(getattr(signal, name), lambda *_: None)
    return notifier
