"""Pixels to units, on several screens of several scales."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QRect

from ui.qt.screens import physical, screen_at, to_units


@dataclass
class FakeScreen:
    area: QRect
    ratio: float = 1.0

    def geometry(self) -> QRect:
        return self.area

    def devicePixelRatio(self) -> float:  # noqa: N802 - Qt's name
        return self.ratio


LEFT = FakeScreen(QRect(0, 0, 1920, 1080))
RIGHT = FakeScreen(QRect(1920, 0, 2560, 1440), 1.5)


def test_a_screens_pixels_begin_where_its_units_do() -> None:
    assert physical(RIGHT) == QRect(1920, 0, 3840, 2160)


@pytest.mark.parametrize(
    ("x", "y", "screen"),
    [(5, 5, LEFT), (1919, 1079, LEFT), (1920, 0, RIGHT), (5700, 2100, RIGHT), (-50, 2000, LEFT)],
)
def test_a_pixel_is_on_one_screen_or_near_it(x: int, y: int, screen: FakeScreen) -> None:
    assert screen_at([LEFT, RIGHT], x, y) is screen


def test_a_line_keeps_its_place_and_its_size_at_any_scale() -> None:
    assert to_units(LEFT, QRect(100, 200, 300, 20)) == QRect(100, 200, 300, 20)
    assert to_units(RIGHT, QRect(2220, 300, 300, 30)) == QRect(2120, 200, 200, 20)
    assert to_units(RIGHT, QRect(1920, 0, 0, 0)).width() == 1
