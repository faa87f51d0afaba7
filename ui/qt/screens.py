"""From the desktop's pixels to Qt's units, on any number of screens of any scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from collections.abc import Sequence


class Screen(Protocol):
    """What is needed of a `QScreen`: its origin is in pixels, its size in units."""

    def geometry(self) -> QRect:
        """Where it is."""

    def devicePixelRatio(self) -> float:  # noqa: N802 - Qt's name
        """Pixels in a unit."""


_S = TypeVar("_S", bound=Screen)


def physical(screen: Screen) -> QRect:
    """The pixels that a screen covers."""
    area, ratio = screen.geometry(), screen.devicePixelRatio()
    return QRect(area.x(), area.y(), round(area.width() * ratio), round(area.height() * ratio))


def screen_at(screens: Sequence[_S], x: int, y: int) -> _S:
    """The screen with this pixel, else the one nearest to it."""
    return min(screens, key=lambda screen: _distance(physical(screen), x, y))


def to_units(screen: Screen, pixels: QRect) -> QRect:
    """A rectangle of pixels in the units of the screen that it is on."""
    origin, ratio = screen.geometry().topLeft(), screen.devicePixelRatio()
    return QRect(
        origin.x() + round((pixels.x() - origin.x()) / ratio),
        origin.y() + round((pixels.y() - origin.y()) / ratio),
        max(1, round(pixels.width() / ratio)),
        max(1, round(pixels.height() / ratio)),
    )


def _distance(area: QRect, x: int, y: int) -> int:
    across = max(area.left() - x, 0, x - area.right())
    down = max(area.top() - y, 0, y - area.bottom())
    return across + down
