"""What SendInput is given."""

from __future__ import annotations

import pytest

from tests.ui.windows.fakes import FakeWindows
from ui.windows.hands import OURS, WindowsHands
from ui.windows.keys import Layout

LMENU, LSHIFT, RCONTROL = 0xA4, 0xA0, 0xA3


@pytest.fixture
def windows() -> FakeWindows:
    return FakeWindows()


@pytest.fixture
def hands(windows: FakeWindows) -> WindowsHands:
    return WindowsHands(windows.functions, Layout(windows.functions))


def test_every_character_goes_down_and_up_once(windows: FakeWindows, hands: WindowsHands) -> None:
    assert hands.write("aß") == ""
    assert windows.keys_sent() == [("a", True), ("a", False), ("ß", True), ("ß", False)]
    assert all(event.ki.wVk == 0 for event in windows.sent)


def test_an_emoji_is_two_units(windows: FakeWindows, hands: WindowsHands) -> None:
    hands.write("🦊")
    assert [event.ki.wScan for event in windows.sent] == [0xD83E, 0xD83E, 0xDD8A, 0xDD8A]


def test_our_keys_carry_our_mark(windows: FakeWindows, hands: WindowsHands) -> None:
    hands.write("ab")
    hands.erase(2)
    hands.keep_menus_closed()
    assert {event.ki.dwExtraInfo for event in windows.sent} == {OURS}


def test_modifiers_are_let_go_meanwhile_and_held_again(
    windows: FakeWindows, hands: WindowsHands
) -> None:
    windows.down = {LSHIFT, RCONTROL}
    hands.write("a")
    names = windows.keys_sent()
    assert names[:2] == [("0xa0", False), ("0xa3", False)]
    assert names[-2:] == [("0xa0", True), ("0xa3", True)]
    extended = {event.ki.wVk for event in windows.sent if event.ki.dwFlags & 1}
    assert extended == {RCONTROL}


def test_alt_that_is_let_go_opens_no_menu(windows: FakeWindows, hands: WindowsHands) -> None:
    windows.down = {LMENU}
    hands.write("a")
    names = windows.keys_sent()
    assert names[:3] == [("0xe8", True), ("0xe8", False), ("0xa4", False)]
    assert names[-3:] == [("0xa4", True), ("0xe8", True), ("0xe8", False)]


def test_an_app_that_is_out_of_reach_is_said(windows: FakeWindows, hands: WindowsHands) -> None:
    windows.lets_send = False
    assert "lets no other program type" in hands.write("a")
    assert "lets no other program type" in hands.erase(1)


def test_backspace_is_a_key(windows: FakeWindows, hands: WindowsHands) -> None:
    hands.erase(2)
    assert windows.keys_sent() == [("0x8", True), ("0x8", False)] * 2
