"""The ghost on the screen: a window that nobody can click, focus or find in a list."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.core import hotkeys
from ui.qt.ghost import Ghost, ghost
from ui.qt.screens import screen_at, to_units

if TYPE_CHECKING:
    from ui.core.settings import Settings
    from ui.platform.interface import Field, Placement, Platform

_FLAGS = (
    Qt.WindowType.ToolTip
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowTransparentForInput
    | Qt.WindowType.WindowDoesNotAcceptFocus
    | Qt.WindowType.BypassWindowManagerHint
    | Qt.WindowType.NoDropShadowWindowHint
)
_SAMPLE = 24
"""Pixels across that are looked at to find the colour behind the ghost."""
_SAMPLE_S = 2.0
"""How long a colour that was found holds for the same line."""


class GhostWindow(QWidget):
    """Paints one ghost. `painted` tells when it went to the screen, by `time.monotonic()`."""

    painted = Signal(float)

    def __init__(self) -> None:
        super().__init__(None, _FLAGS)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_X11DoNotAcceptFocus)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWindowTitle("quicktype ghost")
        self.ghost: Ghost | None = None
        self.winId()  # so that the first ghost does not wait for a window

    def present(self, ghost: Ghost) -> None:
        """Paints this, now."""
        self.ghost = ghost
        self.setGeometry(ghost.area)
        if not self.isVisible():
            self.show()
        self.raise_()
        self.repaint()
        self.painted.emit(time.monotonic())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paints the text, the hint behind it, and what is behind both if anything is."""
        _ = event
        if self.ghost is None:
            return
        painter = QPainter(self)
        if self.ghost.background is not None:
            painter.fillRect(self.rect(), self.ghost.background)
        if self.ghost.boxed:
            painter.setPen(self.ghost.colour)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        self._paint_text(painter, self.ghost)
        painter.end()

    def _paint_text(self, painter: QPainter, ghost: Ghost) -> None:
        side = Qt.AlignmentFlag.AlignRight if ghost.right_to_left else Qt.AlignmentFlag.AlignLeft
        other = Qt.AlignmentFlag.AlignLeft if ghost.right_to_left else Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        margin = 3 if ghost.boxed else 0
        room = self.rect().adjusted(margin, 0, -margin, 0)
        painter.setPen(ghost.colour)
        painter.setFont(ghost.font)
        painter.drawText(room, side | middle, ghost.text)
        if ghost.hint:
            painter.setFont(ghost.hint_font)
            painter.drawText(room, other | middle, ghost.hint)


class Overlay(QObject):
    """Shows ghosts where the platform says; `show` and `hide` may be called on any thread."""

    _show = Signal(object, str, int)
    _hide = Signal()

    def __init__(self, platform: Platform, settings: Settings) -> None:
        super().__init__()
        self._platform = platform
        self._settings = settings
        self._sampled: tuple[tuple[str, int], float, QColor | None] | None = None
        self.window = GhostWindow()
        self._show.connect(self._do_show)
        self._hide.connect(self._do_hide)

    def show(self, field: Field, text: str, others: tuple[str, ...]) -> None:
        """Shows a text at the caret of a field."""
        self._show.emit(field, text, len(others))

    def hide(self) -> None:
        """Shows nothing."""
        self._hide.emit()

    def configure(self, settings: Settings) -> None:
        """The settings are these now."""
        self._settings = settings
        self._sampled = None

    @Slot(object, str, int)
    def _do_show(self, field: Field, text: str, others: int) -> None:
        placement = self._platform.place(field)
        if placement is None:
            self._do_hide()
            return
        screen = screen_at(QGuiApplication.screens(), placement.x, placement.y)
        behind = self._behind(field, placement)
        picture = ghost(text, self._hint(others), placement, screen, self._settings.look, behind)
        if picture.background is None and not self._platform.composited():
            picture = replace(picture, background=behind or QColor(Qt.GlobalColor.white))
        self.window.present(picture)

    @Slot()
    def _do_hide(self) -> None:
        self.window.hide()

    def _hint(self, others: int) -> str:
        """How many more suggestions there are, and the key to the next; nothing without any."""
        key = hotkeys.parse_optional(self._settings.keys.next_candidate)
        if not others or not self._settings.look.hint or key is None:
            return ""
        return f"  +{others}  {hotkeys.shown(key)}"

    def _behind(self, field: Field, placement: Placement) -> QColor | None:
        """The colour behind the ghost; looked up once in a while for each line."""
        line, now = (field.identity, placement.y), time.monotonic()
        if self._sampled is not None:
            known, until, colour = self._sampled
            if known == line and (now < until or self.window.isVisible()):
                return colour
        colour = _colour_at(QRect(placement.x + 2, placement.y, _SAMPLE, placement.height))
        self._sampled = line, now + _SAMPLE_S, colour
        return colour


def _colour_at(pixels: QRect) -> QColor | None:
    """The commonest colour of this part of the screen, None where it cannot be seen.

    On macOS looking at the screen needs a permission of its own, for which this asks nobody.
    """
    if sys.platform == "darwin":
        return None
    screen = screen_at(QGuiApplication.screens(), pixels.x(), pixels.y())
    area = to_units(screen, pixels).translated(-screen.geometry().topLeft())
    image = screen.grabWindow(0, area.x(), area.y(), area.width(), area.height()).toImage()
    if image.isNull():
        return None
    points = ((x, y) for x in range(image.width()) for y in range(0, image.height(), 2))
    colours = Counter(image.pixel(x, y) for x, y in points)
    return QColor(colours.most_common(1)[0][0])
