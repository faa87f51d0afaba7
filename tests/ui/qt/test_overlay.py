"""The ghost: where it stands, what it looks like, and that nobody can touch it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication

from tests.ui.app.stand_ins import FakePlatform
from tests.ui.qt.test_screens import LEFT, RIGHT
from ui.core.settings import Look, Settings, Theme
from ui.platform.interface import App, Field, Font, Placement, Role, Window
from ui.qt.ghost import Ghost, ghost, is_right_to_left
from ui.qt.overlay import Overlay

PLACE = Placement(300, 200, 20, Font(15.0, "DejaVu Sans"), 600)
FIELD = Field("f", 0, App("chat"), Window("w"), Role.TEXT, editable=True)
WHITE, BLACK = QColor("white"), QColor("black")


@pytest.fixture
def overlay(application: QApplication) -> Iterator[Overlay]:
    platform = FakePlatform()
    platform.placement = PLACE
    overlay = Overlay(platform, Settings())
    yield overlay
    overlay.window.close()


@pytest.fixture(autouse=True)
def _fonts(application: QApplication) -> None:
    """Fonts need an application."""


def picture(
    text: str = " you tomorrow",
    hint: str = "",
    screen: Any = LEFT,
    look: Look | None = None,
    behind: QColor | None = WHITE,
    **place: Any,
) -> Ghost:
    return ghost(text, hint, replace(PLACE, **place), screen, look or Look(), behind)


class TestPlace:
    def test_it_begins_at_the_caret_and_is_as_high_as_the_line(self) -> None:
        found = picture()
        assert (found.area.x(), found.area.y(), found.area.height()) == (300, 200, 20)
        assert found.area.width() >= QFontMetrics(found.font).horizontalAdvance(" you tomorrow")
        assert not found.boxed

    def test_the_fields_font_size_is_used(self) -> None:
        assert picture().font.pixelSize() == 15
        assert picture(look=Look(scale=0.8)).font.pixelSize() == 12

    @pytest.mark.parametrize("pixels", [0.0, 400.0])
    def test_a_size_that_cannot_be_is_not_believed(self, pixels: float) -> None:
        assert 8 <= picture(font=Font(pixels, "")).font.pixelSize() <= 20

    def test_a_line_of_a_giants_height_gives_no_giant_ghost(self) -> None:
        assert picture(height=700, font=Font()).font.pixelSize() <= 48

    def test_on_a_scaled_screen_it_is_smaller_in_units(self) -> None:
        found = picture(screen=RIGHT, x=2220, y=300, height=30, font=Font(22.5))
        assert (found.area.x(), found.area.y(), found.area.height()) == (2120, 200, 20)
        assert found.font.pixelSize() == 15

    def test_what_does_not_fit_beside_the_caret_stands_in_a_box_below(self) -> None:
        found = picture(room=30)
        assert found.boxed
        assert found.area.y() > 220
        assert found.background == WHITE

    def test_so_does_one_whose_caret_is_not_known(self) -> None:
        assert picture(below=True).boxed

    def test_a_box_stays_on_its_screen(self) -> None:
        found = picture(below=True, x=1900, y=1070)
        assert LEFT.geometry().contains(found.area)

    def test_from_right_to_left_it_ends_at_the_caret(self) -> None:
        found = picture(" \u05e9\u05dc\u05d5\u05dd")
        assert found.right_to_left
        assert found.area.right() + 1 == 300

    @pytest.mark.parametrize(
        ("text", "back"),
        [("abc", False), ("12 \u05d0", True), ("\u0627", True), ("a\u05d0", False), ("...", False)],
    )
    def test_the_first_letter_says_which_way_it_goes(self, text: str, back: bool) -> None:
        assert is_right_to_left(text) is back

    def test_the_hint_goes_where_there_is_room(self) -> None:
        assert picture(hint="  +2  Alt+]").hint
        width = picture().area.width()
        assert picture(hint="  +2  Alt+]", room=width + 3).hint == ""
        assert not picture(hint="  +2  Alt+]", room=width + 3).boxed


class TestColours:
    def test_light_text_on_dark_and_dark_on_light(self) -> None:
        assert picture(behind=BLACK).colour.lightness() > picture(behind=WHITE).colour.lightness()

    def test_the_settings_win(self) -> None:
        dark = picture(look=Look(theme=Theme.DARK), behind=WHITE).colour
        assert dark.lightness() == picture(behind=BLACK).colour.lightness()
        found = picture(look=Look(colour="#ff0000", opacity=0.5)).colour
        assert found.name() == "#ff0000"
        assert found.alphaF() == pytest.approx(0.5, abs=0.01)


class TestWindow:
    def test_it_takes_neither_focus_nor_clicks_and_no_manager_minds_it(
        self, overlay: Overlay
    ) -> None:
        flags = overlay.window.windowFlags()
        for flag in (
            Qt.WindowType.WindowTransparentForInput,
            Qt.WindowType.WindowDoesNotAcceptFocus,
            Qt.WindowType.BypassWindowManagerHint,
            Qt.WindowType.WindowStaysOnTopHint,
        ):
            assert flags & flag
        assert overlay.window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        assert overlay.window.focusPolicy() is Qt.FocusPolicy.NoFocus

    def test_it_shows_paints_and_hides(self, overlay: Overlay, application: QApplication) -> None:
        times: list[float] = []
        overlay.window.painted.connect(times.append)
        overlay.show(FIELD, " you tomorrow", ())
        assert overlay.window.isVisible()
        assert overlay.window.geometry().topLeft() == QRect(300, 200, 1, 1).topLeft()
        application.processEvents()
        assert times
        image = overlay.window.grab().toImage()
        inked = [
            (x, y)
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() > 60
        ]
        assert inked
        assert len(inked) < image.width() * image.height() / 2
        overlay.hide()
        assert not overlay.window.isVisible()

    def test_any_thread_may_show_it(self, overlay: Overlay, application: QApplication) -> None:
        thread = threading.Thread(target=overlay.show, args=(FIELD, "x y", ("z",)))
        thread.start()
        thread.join(10)
        assert not overlay.window.isVisible()
        application.processEvents()
        assert overlay.window.isVisible()
        assert overlay.window.ghost is not None
        assert overlay.window.ghost.hint == "  +1  Alt+]"

    def test_without_a_compositor_it_has_a_background(self, overlay: Overlay) -> None:
        platform = overlay._platform
        assert isinstance(platform, FakePlatform)
        overlay.show(FIELD, "x y", ())
        assert overlay.window.ghost is not None
        assert overlay.window.ghost.background is None
        platform.has_compositor = False
        overlay.show(FIELD, "x y z", ())
        assert overlay.window.ghost.background is not None

    def test_where_no_place_is_known_nothing_shows(self, overlay: Overlay) -> None:
        overlay.show(FIELD, "x y", ())
        assert isinstance(overlay._platform, FakePlatform)
        overlay._platform.placement = None
        overlay.show(FIELD, "x", ())
        assert not overlay.window.isVisible()

    def test_who_wants_no_hint_gets_none(self, overlay: Overlay) -> None:
        overlay.configure(replace(Settings(), look=Look(hint=False)))
        overlay.show(FIELD, "x y", ("z",))
        assert overlay.window.ghost is not None
        assert overlay.window.ghost.hint == ""
