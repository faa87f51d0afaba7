"""From all threads to Qt's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ui.app.conductor import Ears

if TYPE_CHECKING:
    from ui.app.link import LinkState


class Bridge(QObject):
    """Signals that any thread may send; who listens does so on the main thread."""

    mood = Signal(object)
    count = Signal(object, int)
    took = Signal(float)
    toggle_pause = Signal()
    read_clipboard = Signal()
    findings = Signal(object)
    link = Signal(object)
    trouble = Signal(str)

    def ears(self) -> Ears:
        """What the conductor tells."""
        return Ears(
            mood=self.mood.emit,
            count=self.count.emit,
            took=self.took.emit,
            toggle_pause=self.toggle_pause.emit,
            read_clipboard=self.read_clipboard.emit,
            findings=self.findings.emit,
        )

    def on_link(self, state: LinkState) -> None:
        """The link to the daemon is like this now."""
        self.link.emit(state)
