"""From macOS's points to the pixels that the border speaks of. Never run on macOS."""

from __future__ import annotations

from typing import Any

from ui.platform.interface import Rect

_MOST = 16


class Displays:
    """Safe on every thread. `quartz` is pyobjc's module Quartz.

    Points are counted over all displays from the top left of the main one. A display's own pixels
    are counted from its corner, which stays where it is in points: so does Qt.
    """

    def __init__(self, quartz: Any) -> None:
        self._quartz = quartz

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """The pixel at a point."""
        left, top, scale = self._display(x, y)
        return round(left + (x - left) * scale), round(top + (y - top) * scale)

    def pixels(self, x: float, y: float, width: float, height: float) -> Rect:
        """The pixels of a rectangle, by the display that its corner is on."""
        *_, scale = self._display(x, y)
        return Rect(*self.pixel(x, y), round(width * scale), round(height * scale))

    def _display(self, x: float, y: float) -> tuple[float, float, float]:
        """The corner of the display with this point, and how many pixels a point has there."""
        _, displays, _ = self._quartz.CGGetActiveDisplayList(_MOST, None, None)
        for display in displays or ():
            bounds = self._quartz.CGDisplayBounds(display)
            left, top = bounds.origin.x, bounds.origin.y
            across = left <= x < left + bounds.size.width
            if across and top <= y < top + bounds.size.height:
                return left, top, self._scale(display)
        return 0.0, 0.0, 1.0

    def _scale(self, display: int) -> float:
        mode = self._quartz.CGDisplayCopyDisplayMode(display)
        width = self._quartz.CGDisplayModeGetWidth(mode) if mode is not None else 0
        return self._quartz.CGDisplayModeGetPixelWidth(mode) / width if width else 1.0
