"""What the windows have in common: colours, headings, badges; right in light and in dark."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QWidget

GREEN = QColor("#1f8a70")
AMBER = QColor("#c98a12")
RED = QColor("#c0392b")
GREY = QColor("#7d8590")


def dress(app: QApplication) -> None:
    """Gives all windows the same look, light or dark as the desktop is."""
    app.setStyle("Fusion")
    palette = app.palette()
    for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.Accent):
        palette.setColor(role, GREEN)
    palette.setColor(QPalette.ColorRole.HighlightedText, QColor("#ffffff"))
    app.setPalette(palette)


def larger(font: QFont, factor: float, *, bold: bool = False) -> QFont:
    """The font in another size."""
    changed = QFont(font)
    changed.setPointSizeF(font.pointSizeF() * factor)
    changed.setBold(bold)
    return changed


def heading(text: str) -> QLabel:
    """The title at the head of a page."""
    label = QLabel(text)
    label.setFont(larger(label.font(), 1.7, bold=True))
    return label


def paragraph(text: str) -> QLabel:
    """Running text."""
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def faint(text: str) -> QLabel:
    """A remark: smaller, and in the colour of what is less important."""
    label = QLabel(text)
    label.setFont(larger(label.font(), 0.92))
    _fade(label)
    label.setWordWrap(True)
    return label


def _fade(label: QLabel) -> None:
    palette = label.palette()
    colour = palette.color(QPalette.ColorRole.WindowText)
    colour.setAlphaF(0.65)
    palette.setColor(QPalette.ColorRole.WindowText, colour)
    label.setPalette(palette)


def trouble() -> QLabel:
    """A place for what went wrong; hidden until something does."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    palette = label.palette()
    palette.setColor(QPalette.ColorRole.WindowText, RED)
    label.setPalette(palette)
    label.hide()
    return label


def rule() -> QFrame:
    """A thin line across."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line


class Badge(QWidget):
    """A disc with a sign."""

    def __init__(self, sign: str, colour: QColor) -> None:
        super().__init__()
        self._sign, self._colour = sign, colour
        self.setFixedSize(QSize(20, 20))
        self.setAccessibleName(sign)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints it."""
        _ = event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))
        painter.setPen(Qt.GlobalColor.white)
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._sign)
        painter.end()


class KeyCap(QLabel):
    """A key as it looks on a keyboard."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFont(larger(self.font(), 0.95, bold=True))
        self.setContentsMargins(9, 4, 9, 5)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints the cap, and the text on it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = self.palette().color(QPalette.ColorRole.Base)
        edge = QColor(self.palette().color(QPalette.ColorRole.WindowText))
        edge.setAlphaF(0.35)
        painter.setBrush(face)
        painter.setPen(QPen(edge, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.end()
        super().paintEvent(event)
