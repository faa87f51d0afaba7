"""The first page: what works on this desktop, and what mends what does not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui.platform.interface import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ui.platform.interface import Finding

_MARKS = {
    State.OK: ("✓", "#1f8a70"),
    State.WARN: ("!", "#b0851a"),
    State.FAIL: ("✗", "#c0392b"),
}
_WELCOME = (
    "<h2>quicktype is in your tray</h2>Type in a chat window: the rest of your message appears in "
    "grey. <b>Tab</b> takes the next word, <b>Shift+Tab</b> all of it, <b>Esc</b> hides it, "
    "<b>Backspace</b> straight after takes it back. Nothing you type leaves this machine, and "
    "passwords and terminals are never read."
)


class FirstPage(QWidget):
    """A list of checks; they run in a thread, since a desktop may be slow to answer."""

    _found = Signal(object)

    def __init__(self, checks: Callable[[], Sequence[Finding]]) -> None:
        super().__init__()
        self._checks = checks
        self._found.connect(self.fill)
        self.setWindowTitle("quicktype: what works here")
        self.setMinimumWidth(560)
        welcome = QLabel(_WELCOME)
        welcome.setWordWrap(True)
        self._rows = QFrame()
        self._grid = QGridLayout(self._rows)
        self._grid.setColumnStretch(2, 1)
        self.again = QPushButton("Check again")
        self.again.clicked.connect(self.examine)
        layout = QVBoxLayout(self)
        layout.addWidget(welcome)
        layout.addWidget(self._rows)
        layout.addStretch()
        layout.addWidget(self.again, alignment=Qt.AlignmentFlag.AlignRight)

    def examine(self) -> None:
        """Checks everything anew."""
        self.again.setEnabled(False)
        threading.Thread(
            target=lambda: self._found.emit(tuple(self._checks())), name="checks", daemon=True
        ).start()

    def fill(self, findings: Sequence[Finding]) -> None:
        """Shows what was found."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for row, finding in enumerate(findings):
            self._add(row, finding)
        self.again.setEnabled(True)

    def _add(self, row: int, finding: Finding) -> None:
        mark, colour = _MARKS[finding.state]
        sign = QLabel(mark)
        sign.setStyleSheet(f"color: {colour}; font-weight: bold")
        self._grid.addWidget(sign, row, 0)
        self._grid.addWidget(QLabel(finding.name), row, 1)
        text = QLabel(f"{finding.found}\n{finding.mend}".strip())
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(text, row, 2)
        if finding.mend:
            copy = QPushButton("Copy")
            copy.setToolTip("Copies what mends it")
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(finding.mend))
            self._grid.addWidget(copy, row, 3)
