"""The first page: what works on this desktop, and what mends what does not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from quicktype.doctor.check import State
from ui.app.mending import can_mend, mend
from ui.qt import style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quicktype.doctor.check import Check

_MARKS = {
    State.OK: ("✓", style.GREEN),
    State.WARN: ("!", style.AMBER),
    State.FAIL: ("✕", style.RED),
}
_WELCOME = (
    "Type in any chat window: the rest of your message appears in grey. "
    "Nothing you type leaves this machine, and passwords and terminals are never read."
)
_KEYS = (
    ("Tab", "takes the next word"),
    ("Shift+Tab", "takes all of it"),
    ("Esc", "hides it"),
    ("Backspace", "straight after, takes it back"),
)


class FirstPage(QWidget):
    """A list of checks; they run in a thread, since a desktop may be slow to answer."""

    _found = Signal(object)
    _mended = Signal(str)

    def __init__(self, checks: Callable[[], Sequence[Check]]) -> None:
        super().__init__()
        self._checks = checks
        self._found.connect(self.fill)
        self._mended.connect(self._after_mending)
        self.setWindowTitle("quicktype: what works here")
        self.setMinimumWidth(620)
        self.verdict = QLabel()
        self.verdict.setFont(style.larger(self.font(), 1.1, bold=True))
        self._rows = QFrame()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(2, 1)
        self.trouble = style.trouble()
        self.again = QPushButton("Check again")
        self.again.clicked.connect(self.examine)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(style.heading("quicktype is in your tray"))
        layout.addWidget(style.paragraph(_WELCOME))
        layout.addLayout(_keys())
        layout.addWidget(style.rule())
        layout.addWidget(self.verdict)
        layout.addWidget(self._rows)
        layout.addWidget(self.trouble)
        layout.addStretch()
        layout.addWidget(self.again, alignment=Qt.AlignmentFlag.AlignRight)

    def examine(self) -> None:
        """Checks everything anew."""
        self.again.setEnabled(False)
        self.verdict.setText("Looking …")
        threading.Thread(
            target=lambda: self._found.emit(tuple(self._checks())), name="checks", daemon=True
        ).start()

    def fill(self, checks: Sequence[Check]) -> None:
        """Shows what was found."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for row, check in enumerate(checks):
            self._add(row, check)
        wrong = sum(check.state is not State.OK for check in checks)
        self.verdict.setText(_verdict(wrong))
        self.again.setEnabled(True)

    def _add(self, row: int, check: Check) -> None:
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(style.Badge(*_MARKS[check.state]), row, 0, top)
        name = QLabel(check.name)
        name.setFont(style.larger(self.font(), 1.0, bold=True))
        self._grid.addWidget(name, row, 1, top)
        self._grid.addWidget(_told(check), row, 2, top)
        if check.state is State.OK or not check.remedy:
            return
        if can_mend(check):
            button = QPushButton("Mend it")
            button.clicked.connect(lambda: self._mend(check))
        else:
            button = QPushButton("Copy")
            button.clicked.connect(lambda: QGuiApplication.clipboard().setText(check.remedy or ""))
        self._grid.addWidget(button, row, 3, top)

    def _mend(self, check: Check) -> None:
        self.again.setEnabled(False)
        threading.Thread(
            target=lambda: self._mended.emit(mend(check)), name="mending", daemon=True
        ).start()

    def _after_mending(self, trouble: str) -> None:
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        self.examine()


def _keys() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(16)
    for key, does in _KEYS:
        pair = QVBoxLayout()
        pair.setSpacing(4)
        pair.addWidget(style.KeyCap(key), alignment=Qt.AlignmentFlag.AlignLeft)
        pair.addWidget(style.faint(does))
        row.addLayout(pair)
    row.addStretch()
    return row


def _told(check: Check) -> QLabel:
    """What was found, and under it what mends it."""
    text = QLabel(check.found)
    if check.remedy and check.state is not State.OK:
        text.setText(f"{check.found}\n{check.remedy}")
    text.setWordWrap(True)
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return text


def _verdict(wrong: int) -> str:
    if not wrong:
        return "Everything works on this desktop"
    return "One thing needs a look" if wrong == 1 else f"{wrong} things need a look"
