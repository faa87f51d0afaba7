"""What a ghost looks like and where it goes: reckoned, not yet painted."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFont, QFontMetrics

from ui.core.settings import Theme
from ui.qt.screens import to_units

if TYPE_CHECKING:
    from ui.core.settings import Look
    from ui.platform.interface import Placement
    from ui.qt.screens import Screen

_SMALLEST, _LARGEST = 8, 48
_MARGIN = 2
_HINT_SCALE = 0.75
_ON_LIGHT, _ON_DARK = QColor(0x76, 0x76, 0x76), QColor(0xA2, 0xA2, 0xA2)
_LIGHT, _DARK = QColor(0xFF, 0xFF, 0xFF), QColor(0x20, 0x20, 0x20)


@dataclass(frozen=True, slots=True)
class Ghost:
    """One picture: `area` in Qt's units, and all that is painted there."""

    area: QRect
    text: str
    hint: str
    font: QFont
    hint_font: QFont
    colour: QColor
    background: QColor | None
    """None: what lies behind shows through."""
    right_to_left: bool
    boxed: bool
    """It stands in a box of its own, under the line."""


def is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is of a script from right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False


def ghost(
    text: str, hint: str, placement: Placement, screen: Screen, look: Look, behind: QColor | None
) -> Ghost:
    """The picture for a text at a place; `behind` is the colour there, None where unknown."""
    ratio = screen.devicePixelRatio()
    line = to_units(screen, QRect(placement.x, placement.y, placement.room, placement.height))
    font = _font(placement, line.height(), ratio, look)
    hint_font = QFont(font)
    hint_font.setPixelSize(max(_SMALLEST, round(font.pixelSize() * _HINT_SCALE)))
    width = QFontMetrics(font).horizontalAdvance(text) + 2 * _MARGIN
    room = line.width()
    back = is_right_to_left(text)
    boxed = placement.below or (width > room and not back)
    hint_width = QFontMetrics(hint_font).horizontalAdvance(hint) if hint else 0
    if not boxed and not back and width + hint_width > room:
        hint, hint_width = "", 0
    area = _area(line, width + hint_width, QFontMetrics(font).height(), back=back, boxed=boxed)
    background = _background(look, behind) if boxed else None
    colour = _colour(look, background or behind)
    inside = _within(area, screen.geometry())
    return Ghost(inside, text, hint, font, hint_font, colour, background, back, boxed)


def _font(placement: Placement, height: int, ratio: float, look: Look) -> QFont:
    """The field's font; where its size is not known, one whose lines are as high as the field's.

    Never larger than the line, whatever the app says.
    """
    font = QFont(look.font or placement.font.family or QFont().family())
    font.setPixelSize(100)
    of_line = 100 / max(1, QFontMetrics(font).height())
    pixels = placement.font.pixels / ratio or height * of_line
    limit = height if height >= _SMALLEST else _LARGEST
    font.setPixelSize(round(max(_SMALLEST, min(pixels, limit, _LARGEST) * look.scale)))
    return font


def _area(line: QRect, width: int, text_height: int, *, back: bool, boxed: bool) -> QRect:
    if boxed:
        below = line.y() + line.height() + 1
        return QRect(line.x(), below, width + 2 * _MARGIN, text_height + 2 * _MARGIN)
    x = line.x() - width if back else line.x()
    return QRect(x, line.y(), width, max(line.height(), 1))


def _within(area: QRect, screen: QRect) -> QRect:
    """The area moved onto its screen where it would stand out."""
    x = max(screen.left(), min(area.x(), screen.right() + 1 - area.width()))
    y = max(screen.top(), min(area.y(), screen.bottom() + 1 - area.height()))
    return QRect(x, y, area.width(), area.height())


def _is_dark(look: Look, behind: QColor | None) -> bool:
    if look.theme is not Theme.AUTO:
        return look.theme is Theme.DARK
    return behind is not None and behind.lightnessF() < 0.5


def _background(look: Look, behind: QColor | None) -> QColor:
    if look.theme is Theme.AUTO and behind is not None:
        return behind
    return _DARK if _is_dark(look, behind) else _LIGHT


def _colour(look: Look, behind: QColor | None) -> QColor:
    plain = _ON_DARK if _is_dark(look, behind) else _ON_LIGHT
    colour = QColor(look.colour) if look.colour else QColor(plain)
    colour.setAlphaF(look.opacity)
    return colour
