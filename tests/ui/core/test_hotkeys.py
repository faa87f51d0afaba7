"""Keys as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.core.hotkeys import HotkeyError, check_takeable, parse, parse_optional, shown
from ui.platform.interface import Chord, Modifier

SHIFT, ALT, CONTROL = Modifier.SHIFT, Modifier.ALT, Modifier.CONTROL


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("Tab", Chord("Tab")),
        ("shift+tab", Chord("Tab", frozenset({SHIFT}))),
        (" Alt + ] ", Chord("bracketright", frozenset({ALT}))),
        ("alt+bracketright", Chord("bracketright", frozenset({ALT}))),
        ("Ctrl++", Chord("plus", frozenset({CONTROL}))),
        ("Ctrl+Alt++", Chord("plus", frozenset({CONTROL, ALT}))),
        ("+", Chord("plus")),
        ("Control+Option+P", Chord("p", frozenset({CONTROL, ALT}))),
        ("escape", Chord("Escape")),
        ("PgDn", Chord("Next")),
        ("Alt+ö", Chord("U00F6", frozenset({ALT}))),
        ("F12", Chord("F12")),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, chord: Chord) -> None:
    assert parse(text) == chord


@pytest.mark.parametrize("text", ["", "Tabb", "Hyper+Tab", "Shift", "Ctrl+", "a b", "Alt+\t", "++"])
def test_what_is_no_key_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(HotkeyError):
        parse(text)


@given(
    key=st.sampled_from(
        ["Tab", "Return", "space", "BackSpace", "Prior", "F7", "a", "7", "plus", "U00F6", "at"]
    ),
    modifiers=st.frozensets(st.sampled_from(Modifier)),
)
def test_what_is_shown_can_be_read(key: str, modifiers: frozenset[Modifier]) -> None:
    chord = Chord(key, modifiers)
    assert parse(shown(chord)) == chord


def test_what_is_shown_is_what_stands_on_the_keyboard() -> None:
    assert shown(parse("alt+ctrl+bracketright")) == "Ctrl+Alt+]"
    assert shown(parse("ctrl+p")) == "Ctrl+P"
    assert shown(parse("return")) == "Enter"


@pytest.mark.parametrize(
    "text", ["a", "Shift+a", "Space", "Enter", "Shift+Enter", "Backspace", "]"]
)
def test_a_key_that_people_type_with_is_not_taken(text: str) -> None:
    with pytest.raises(HotkeyError, match="needed for typing"):
        check_takeable(text)


@pytest.mark.parametrize("text", ["", "Tab", "Shift+Tab", "Right", "F1", "Alt+a", "Ctrl+Enter"])
def test_other_keys_are(text: str) -> None:
    check_takeable(text)


def test_no_key_at_all_may_do_something() -> None:
    assert parse_optional(" ") is None
    assert parse_optional("Tab") == Chord("Tab")
