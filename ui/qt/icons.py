"""The icons, drawn: a caret with ghost text behind it, in the colour of the app's state."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from ui.app.status import Kind

_SIZES = (16, 22, 24, 32, 48, 64, 128)
_GROUND = {
    Kind.READY: QColor("#1f8a70"),
    Kind.SILENT: QColor("#7d8590"),
    Kind.PAUSED: QColor("#7d8590"),
    Kind.STARTING: QColor("#b0851a"),
    Kind.TROUBLE: QColor("#c0392b"),
}
_INK, _FAINT = QColor("#ffffff"), QColor(255, 255, 255, 150)


@cache
def icon(kind: Kind) -> QIcon:
    """The icon for a state, in all sizes that trays ask for."""
    found = QIcon()
    for size in _SIZES:
        found.addPixmap(_pixmap(kind, size))
    return found


def _pixmap(kind: Kind, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 16, size / 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_GROUND[kind])
    painter.drawRoundedRect(QRectF(0.5, 0.5, 15, 15), 3.5, 3.5)
    match kind:
        case Kind.PAUSED:
            _bars(painter)
        case Kind.TROUBLE:
            _mark(painter)
        case Kind.STARTING:
            _dots(painter)
        case _:
            _caret(painter, faint=kind is Kind.READY)
    painter.end()
    return pixmap


def _caret(painter: QPainter, *, faint: bool) -> None:
    """Typed text, the caret, and what may follow."""
    _line(painter, _INK, 2.5, 5.0)
    painter.setPen(QPen(_INK, 1.4))
    painter.drawLine(QPointF(7, 4), QPointF(7, 12))
    if faint:
        _line(painter, _FAINT, 9.0, 13.5)


def _line(painter: QPainter, colour: QColor, begin: float, end: float) -> None:
    painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(begin, 8), QPointF(end, 8))


def _bars(painter: QPainter) -> None:
    painter.setBrush(_INK)
    painter.drawRect(QRectF(5, 4.5, 2.2, 7))
    painter.drawRect(QRectF(8.8, 4.5, 2.2, 7))


def _dots(painter: QPainter) -> None:
    painter.setBrush(_INK)
    for x in (4.2, 8.0, 11.8):
        painter.drawEllipse(QPointF(x, 8), 1.3, 1.3)


def _mark(painter: QPainter) -> None:
    painter.setPen(QPen(_INK, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(8, 4), QPointF(8, 8.6))
    painter.drawPoint(QPointF(8, 11.8))
