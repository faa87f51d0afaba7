"""From what an app answers to a text and a caret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ui.platform.interface import Rect, Role
from ui.x11.reading import Facts, caret_rect, tidy
from ui.x11.toolkits import CHROMIUM, GECKO, GTK, GTK4, OTHER, QT, Traits, traits

FIELD = Facts(
    Role.TEXT, editable=True, focused=True, multiline=True, caret=3, count=3, selected=0,
    box=Rect(100, 200, 300, 54),
)  # fmt: skip
NOTHING = (0, 0, 0, 0)


def test_behind_the_last_character() -> None:
    assert caret_rect(NOTHING, (120, 205, 8, 17), FIELD, at_end=True) == Rect(128, 205, 1, 17)


def test_before_the_character_that_follows() -> None:
    found = caret_rect((140, 205, 8, 17), (120, 205, 8, 17), FIELD, at_end=False)
    assert found == Rect(140, 205, 1, 17)


@pytest.mark.parametrize(
    ("height", "told"), [(17, Rect(104, 205, 1, 17)), (54, None), (0, None), (500, None)]
)
def test_an_empty_field_whose_caret_is_as_high_as_itself_tells_none(
    height: int, told: Rect | None
) -> None:
    empty = replace(FIELD, caret=0, count=0)
    assert caret_rect((104, 205, 1, height), None, empty, at_end=True) == told


def test_an_empty_line_may_be_as_high_as_its_text() -> None:
    line = replace(FIELD, caret=0, count=0, box=Rect(100, 200, 300, 20))
    assert caret_rect((100, 200, 1, 20), None, line, at_end=True) == Rect(100, 200, 1, 20)


def test_text_as_a_person_means_it() -> None:
    assert tidy("a\u00a0b\ufffc \N{SLICE OF PIZZA}\ufeff!") == "a b \N{SLICE OF PIZZA}!"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Qt", QT), ("gtk", GTK), ("GTK", GTK4), ("Chromium", CHROMIUM), ("Gecko", GECKO),
        ("WebKitGTK", OTHER), ("", OTHER),
    ],
)  # fmt: skip
def test_toolkits_by_the_names_that_they_give_themselves(name: str, found: Traits) -> None:
    assert traits(name) is found
