"""What has to be known before keys are sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.x11.keymap import symbol_of
from ui.x11.sender import down_before
from ui.x11.toolkits import CHROMIUM, GTK, OTHER, QT, traits
from ui.x11.xkb import is_modifier

SHIFT, CONTROL = 50, 37


@given(st.sets(st.sampled_from([SHIFT, CONTROL])), st.data())
def test_modifiers_are_as_they_were_before_what_was_typed(
    before: set[int], data: st.DataObject
) -> None:
    """Whatever was pressed and released since, the way back is found."""
    down, typed = set(before), []
    for code in data.draw(st.lists(st.sampled_from([SHIFT, CONTROL, 38]), max_size=8)):
        typed.append((code not in down, code))
        down ^= {code}
    assert set(down_before(typed, [SHIFT, CONTROL], sorted(down))) == before


@pytest.mark.parametrize(
    ("character", "symbol"), [("a", 0x61), ("\u00eb", 0xEB), ("\u20ac", 0x10020AC)]
)
def test_the_symbol_of_a_character(character: str, symbol: int) -> None:
    assert symbol_of(character) == symbol


def test_modifiers_are_no_keys_of_their_own() -> None:
    assert all(map(is_modifier, (0xFFE1, 0xFFE5, 0xFE03, 0xFF7F)))
    assert not any(map(is_modifier, (0x61, 0xFF09, 0xFE51, 0xFF20)))


def test_toolkits_count_an_emoji_each_in_their_own_way() -> None:
    text = "ok \N{SLICE OF PIZZA}"
    assert [found.offsets(text) for found in (QT, GTK, CHROMIUM)] == [5, 4, 5]
    assert (QT.insert_length(text), GTK.insert_length(text)) == (5, 7)
    assert traits("Chromium") is CHROMIUM
    assert traits("of nobody's") is OTHER
