"""What quicktype saved, in numbers and two plots."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui.core.actions import Event
from ui.core.statistics import BOUNDS_MS
from ui.qt import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.core.statistics import Day, Statistics

_DAYS = 30


class Bars(QWidget):
    """A bar for each value, with a label under some of them."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.values: Sequence[float] = ()
        self.labels: Sequence[str] = ()
        self.setMinimumSize(QSize(600, 150))

    def fill(self, values: Sequence[float], labels: Sequence[str]) -> None:
        """Shows these; an empty label is left out."""
        self.values, self.labels = values, labels
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints title, bars and labels."""
        _ = event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self.palette().color(QPalette.ColorRole.WindowText)
        faint = QColor(ink)
        faint.setAlphaF(0.6)
        line = painter.fontMetrics().height()
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop, self.title)
        top, bottom = line + 8, self.height() - line - 4
        self._paint_bars(painter, top, bottom)
        painter.setPen(faint)
        painter.drawLine(0, bottom, self.width(), bottom)
        step = self.width() / max(1, len(self.values))
        for place, label in enumerate(self.labels):
            cell = QRectF(place * step, bottom + 2, step, line)
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, label)
        painter.end()

    def _paint_bars(self, painter: QPainter, top: int, bottom: int) -> None:
        highest = max([*self.values, 0.0])
        step = self.width() / max(1, len(self.values))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.GREEN)
        for place, value in enumerate(self.values):
            if value > 0:
                height = max(3.0, (bottom - top) * value / highest)
                bar = QRectF(place * step + 2, bottom - height, max(2.0, step - 4), height)
                painter.drawRoundedRect(bar, 2, 2)


class StatisticsWindow(QWidget):
    """All days' numbers, the last month's savings, and how fast answers came."""

    def __init__(self, statistics: Statistics) -> None:
        super().__init__()
        self._statistics = statistics
        self.setWindowTitle("quicktype: statistics")
        self._cards = QHBoxLayout()
        self._cards.setSpacing(12)
        self._more = QGridLayout()
        self._more.setHorizontalSpacing(24)
        self.saved = Bars("Keys saved, the last 30 days")
        self.times = Bars("How many answers came within so many milliseconds")
        forget = QPushButton("Forget all of this …")
        forget.clicked.connect(self._forget)
        foot = QHBoxLayout()
        foot.addWidget(style.faint("Only counts are kept, never what you typed."), stretch=1)
        foot.addWidget(forget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(style.heading("Statistics"))
        layout.addLayout(self._cards)
        layout.addWidget(self.saved, stretch=1)
        layout.addWidget(self.times, stretch=1)
        layout.addLayout(self._more)
        layout.addLayout(foot)

    def fill(self) -> None:
        """Shows what has been counted until now."""
        total = self._statistics.total()
        for place in (self._cards, self._more):
            while (item := place.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.deleteLater()
        for name, value in highlights(total):
            self._cards.addWidget(_card(name, value), stretch=1)
        for place_of, (name, value) in enumerate(details(total)):
            row, column = divmod(place_of, 2)
            self._more.addWidget(style.faint(name), row, 2 * column)
            self._more.addWidget(QLabel(value), row, 2 * column + 1)
        self._plot(total)

    def _plot(self, total: Day) -> None:
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


def highlights(total: Day) -> list[tuple[str, str]]:
    """The numbers that people ask for first."""
    half = total.percentile_ms(0.5)
    return [
        ("keys saved", f"{total.saved:,}"),
        ("of all keys", f"{total.savings:.0%}"),
        ("of suggestions taken", f"{total.acceptance:.0%}"),
        ("for half of the answers", f"{half:g} ms"),
    ]


def details(total: Day) -> list[tuple[str, str]]:
    """The other numbers."""
    return [
        ("Suggestions shown", f"{total[Event.SHOWN]:,}"),
        ("Words taken", f"{total[Event.ACCEPTED_WORDS]:,}"),
        ("Accepted", f"{total[Event.ACCEPTED]:,}"),
        ("Taken back", f"{total[Event.TAKEN_BACK]:,}"),
        ("Dismissed", f"{total[Event.DISMISSED]:,}"),
        ("Messages sent", f"{total[Event.SENT]:,}"),
        ("95 of 100 answers within", f"{total.percentile_ms(0.95):g} ms"),
    ]


def _card(name: str, value: str) -> QFrame:
    """A number that is easy to see."""
    card = QFrame()
    card.setAutoFillBackground(True)
    card.setBackgroundRole(QPalette.ColorRole.Base)
    card.setFrameShape(QFrame.Shape.NoFrame)
    number = QLabel(value)
    number.setFont(style.larger(number.font(), 1.9, bold=True))
    layout = QVBoxLayout(card)
    layout.setContentsMargins(14, 10, 14, 10)
    layout.setSpacing(2)
    layout.addWidget(number)
    layout.addWidget(style.faint(name))
    return card
