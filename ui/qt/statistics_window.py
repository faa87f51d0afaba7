"""What quicktype saved, in numbers and two plots."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFormLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui.core.actions import Event
from ui.core.statistics import BOUNDS_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.core.statistics import Day, Statistics

_DAYS = 30
_BAR = QColor("#1f8a70")


class Bars(QWidget):
    """A bar for each value, with a label under some of them."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.values: Sequence[float] = ()
        self.labels: Sequence[str] = ()
        self.setMinimumSize(QSize(460, 130))

    def fill(self, values: Sequence[float], labels: Sequence[str]) -> None:
        """Shows these; an empty label is left out."""
        self.values, self.labels = values, labels
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints title, bars and labels."""
        _ = event
        painter = QPainter(self)
        ink = self.palette().color(QPalette.ColorRole.Text)
        line = painter.fontMetrics().height()
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop, self.title)
        top, bottom = line + 6, self.height() - line - 4
        highest = max([*self.values, 0.0])
        step = self.width() / max(1, len(self.values))
        for place, value in enumerate(self.values):
            height = (bottom - top) * value / highest if highest > 0 else 0
            bar = QRectF(place * step + 1, bottom - height, max(1.0, step - 2), height)
            painter.fillRect(bar, _BAR)
        for place, label in enumerate(self.labels):
            painter.drawText(round(place * step), self.height() - 4, label)
        painter.drawLine(0, bottom, self.width(), bottom)
        painter.end()


class StatisticsWindow(QWidget):
    """All days' numbers, the last month's savings, and how fast answers came."""

    def __init__(self, statistics: Statistics) -> None:
        super().__init__()
        self._statistics = statistics
        self.setWindowTitle("quicktype: statistics")
        self.numbers = QFormLayout()
        self.saved = Bars("Keys saved, the last 30 days")
        self.times = Bars("How many answers came within so many milliseconds")
        forget = QPushButton("Forget all of this")
        forget.clicked.connect(self._forget)
        layout = QVBoxLayout(self)
        layout.addLayout(self.numbers)
        layout.addWidget(self.saved)
        layout.addWidget(self.times)
        layout.addWidget(QLabel("Only counts are kept, never what you typed."))
        layout.addWidget(forget, alignment=Qt.AlignmentFlag.AlignRight)

    def fill(self) -> None:
        """Shows what has been counted until now."""
        total = self._statistics.total()
        while self.numbers.rowCount():
            self.numbers.removeRow(0)
        for name, value in summary(total):
            self.numbers.addRow(name, QLabel(value))
        today = datetime.datetime.now().astimezone().date()
        dates = [today - datetime.timedelta(days=back) for back in reversed(range(_DAYS))]
        days = self._statistics.days()
        saved = [max(0.0, float(days[date].saved)) if date in days else 0.0 for date in dates]
        labels = [f"{date.day}." if date.day % 5 == 0 else "" for date in dates]
        self.saved.fill(saved, labels)
        self.times.fill([float(count) for count in total.times], [*map(str, BOUNDS_MS), "more"])

    def _forget(self) -> None:
        answer = QMessageBox.question(self, "quicktype", "Forget all statistics?")
        if answer == QMessageBox.StandardButton.Yes:
            self._statistics.clear()
            self.fill()


def summary(total: Day) -> list[tuple[str, str]]:
    """The numbers that people ask for."""
    half, most = total.percentile_ms(0.5), total.percentile_ms(0.95)
    return [
        ("Keys saved", f"{total.saved} ({total.savings:.0%})"),
        ("Suggestions shown", f"{total[Event.SHOWN]}"),
        ("Accepted", f"{total[Event.ACCEPTED]} ({total.acceptance:.0%} of those shown)"),
        ("Words taken", f"{total[Event.ACCEPTED_WORDS]}"),
        ("Taken back", f"{total[Event.TAKEN_BACK]}"),
        ("Dismissed", f"{total[Event.DISMISSED]}"),
        ("Messages sent", f"{total[Event.SENT]}"),
        ("An answer took", f"{half:g} ms or less for half of them, {most:g} ms for 95 of 100"),
    ]
