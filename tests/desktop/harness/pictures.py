"""What is on the screen: cut out, kept as a file, and looked at for ink."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from Xlib import X

Pixels = NDArray[np.uint8]
"""(height, width, 4): blue, green, red and nothing, each up to 255."""
REACH = 4
"""How many pixels a ghost may stand beside the text that it foretells."""
_INK = 60
"""How far from the ground a pixel's brightness is, of 255, that somebody can read."""


@dataclass(frozen=True)
class Area:
    """A rectangle of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


def look(display: Any, area: Area) -> Pixels:
    """The pixels of an area, as they are seen: a window may stand out over the screen's edge."""
    root = display.screen().root
    screen = root.get_geometry()
    left, top = max(area.x, 0), max(area.y, 0)
    width = min(area.x + area.width, screen.width) - left
    height = min(area.y + area.height, screen.height) - top
    image = root.get_image(left, top, width, height, X.ZPixmap, 0xFFFFFF)
    return np.frombuffer(image.data, np.uint8).reshape(height, width, 4)


def save(pixels: Pixels, path: Path) -> None:
    """Keeps a picture as a PNG."""
    height, width, _ = pixels.shape
    data = pixels.tobytes()
    image = QImage(data, width, height, 4 * width, QImage.Format.Format_RGB32)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert image.save(str(path)), f"{path} cannot be written"


def is_written(pixels: Pixels) -> bool:
    """Whether there is anything to read."""
    return bool(_ink(pixels).any())


def covers(written: Pixels, ghost: Pixels) -> bool:
    """Whether what is written in an area now is, within `REACH`, where the ghost stood in it.

    It is the app's own writing, darker than the ghost; its caret does not count.
    """
    if _brightness(written).min() >= _brightness(ghost).min():
        return False
    marks, wanted = _ink(written), _ink(ghost)
    marks &= ~marks.all(axis=0)  # the caret goes through the whole line
    edges, expected = _edges(marks), _edges(wanted)
    near = all(abs(one - other) <= REACH for one, other in zip(edges, expected, strict=True))
    return near and bool((wanted & _spread(marks)).sum() >= 0.8 * wanted.sum())


def _brightness(pixels: Pixels) -> NDArray[np.int64]:
    found: NDArray[np.int64] = pixels[:, :, :3].mean(axis=2).round().astype(np.int64)
    return found


def _ink(pixels: Pixels) -> NDArray[np.bool_]:
    """Which pixels are written on: those that differ from the commonest brightness."""
    brightness = _brightness(pixels)
    ground = int(np.bincount(brightness.ravel()).argmax())
    found: NDArray[np.bool_] = np.abs(brightness - ground) > _INK
    return found


def _edges(marks: NDArray[np.bool_]) -> tuple[int, ...]:
    """Left, right, top and bottom of all ink; far away where there is none."""
    columns, rows = np.flatnonzero(marks.any(axis=0)), np.flatnonzero(marks.any(axis=1))
    if not rows.size:
        return (-1000,) * 4
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


def _spread(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ink and all pixels within two of it."""
    spread = marks.copy()
    for axis in (0, 1):
        for step in (-2, -1, 1, 2):
            spread |= np.roll(marks, step, axis)
    return spread
