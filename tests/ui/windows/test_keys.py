"""What keys are on Windows, on a German keyboard."""

from __future__ import annotations

import pytest

from tests.ui.windows.fakes import FakeWindows
from ui.platform.interface import KeyKind, Modifier
from ui.windows.keys import VK_PACKET, VK_PROCESSKEY, VK_RMENU, Layout

LSHIFT, LCONTROL, LMENU, LWIN = 0xA0, 0xA2, 0xA4, 0x5B


def pressed(key: int, *down: int, scan: int = 0, capital: bool = False) -> tuple[object, ...]:
    windows = FakeWindows()
    windows.down, windows.capital = set(down), capital
    name, modifiers, stroke = Layout(windows.functions).press(key, scan)
    return name, set(modifiers), stroke and stroke.kind, stroke and stroke.text


@pytest.mark.parametrize(
    ("down", "capital", "text"),
    [((), False, "a"), ((LSHIFT,), False, "A"), ((), True, "A"), ((LSHIFT,), True, "a")],
)
def test_a_letter(down: tuple[int, ...], capital: bool, text: str) -> None:
    held = {Modifier.SHIFT} if down else set()
    assert pressed(0x41, *down, capital=capital) == ("a", held, KeyKind.TEXT, text)


def test_alt_gr_types_and_commands_nothing() -> None:
    assert pressed(0x51, VK_RMENU, LCONTROL) == ("q", set(), KeyKind.TEXT, "@")


@pytest.mark.parametrize(
    ("down", "held"),
    [
        ((LCONTROL,), {Modifier.CONTROL}),
        ((LMENU,), {Modifier.ALT}),
        ((LWIN,), {Modifier.SUPER}),
        ((LCONTROL, LMENU), {Modifier.CONTROL, Modifier.ALT}),
    ],
)
def test_shortcuts(down: tuple[int, ...], held: set[Modifier]) -> None:
    assert pressed(0x41, *down) == ("a", held, KeyKind.SHORTCUT, "")


def test_a_dead_key_and_an_input_method_compose() -> None:
    assert pressed(0xDD)[2] is KeyKind.COMPOSE
    assert pressed(VK_PROCESSKEY)[2] is KeyKind.COMPOSE


def test_the_keys_that_chords_are_made_of() -> None:
    assert pressed(0x09, LSHIFT)[:3] == ("Tab", {Modifier.SHIFT}, KeyKind.TAB)
    assert pressed(0x1B)[:3] == ("Escape", set(), KeyKind.ESCAPE)
    assert pressed(0x08)[:3] == ("BackSpace", set(), KeyKind.ERASE)
    assert pressed(0x25)[:3] == ("Left", set(), KeyKind.MOVE)
    assert pressed(0x71)[0] == "F2"
    assert pressed(0xBB)[0] == "plus"
    assert pressed(0x20)[0] == "space"


def test_a_modifier_alone_is_no_key() -> None:
    assert all(pressed(key)[2] is None for key in (0x10, LSHIFT, LCONTROL, VK_RMENU, LWIN, 0x14))


def test_what_another_program_types_is_text() -> None:
    assert pressed(VK_PACKET, scan=ord("é"))[2:] == (KeyKind.TEXT, "é")


def test_a_key_without_a_sign_is_no_chord() -> None:
    assert pressed(0xFF)[:3] == ("", set(), KeyKind.OTHER)
