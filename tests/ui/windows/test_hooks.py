"""The thread with the hooks, fed by a Windows in memory."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from tests.ui.windows.fakes import FakeWindows
from ui.platform.gate import HookedKey
from ui.platform.interface import Click, Modifier
from ui.windows import api
from ui.windows.hands import OURS, WindowsHands
from ui.windows.hooks import Hooks
from ui.windows.keys import Layout

TAB, LMENU, KEY_A = 0x09, 0xA4, 0x41


class Ears:
    def __init__(self) -> None:
        self.keys: list[HookedKey] = []
        self.clicks: queue.SimpleQueue[Click] = queue.SimpleQueue()
        self.looks = 0
        self.takes, self.fails = False, False

    def key(self, key: HookedKey) -> bool:
        if self.fails:
            raise RuntimeError("ears that fail")
        self.keys.append(key)
        return self.takes

    def click(self, click: Click) -> None:
        self.clicks.put(click)

    def look(self) -> None:
        self.looks += 1


@pytest.fixture
def windows() -> FakeWindows:
    return FakeWindows()


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def hooks(windows: FakeWindows, ears: Ears) -> Iterator[Hooks]:
    layout = Layout(windows.functions)
    made = Hooks(windows.functions, layout, WindowsHands(windows.functions, layout), ears)
    stop = made.start()
    yield made
    stop()
    assert windows.hooks == {}
    assert windows.watches == {}


@pytest.mark.usefixtures("hooks")
def test_keys_are_told_and_pass(windows: FakeWindows, ears: Ears) -> None:
    assert windows.press(KEY_A)
    assert windows.press(KEY_A, 0x0101)
    assert [(key.name, key.pressed) for key in ears.keys] == [("a", True), ("", False)]


@pytest.mark.usefixtures("hooks")
def test_a_taken_key_goes_no_further(windows: FakeWindows, ears: Ears) -> None:
    ears.takes = True
    assert not windows.press(TAB)
    assert windows.passed == []


@pytest.mark.usefixtures("hooks")
def test_our_own_keys_are_nobodys(windows: FakeWindows, ears: Ears) -> None:
    ears.takes = True
    assert windows.press(KEY_A, extra=OURS)
    assert ears.keys == []


@pytest.mark.usefixtures("hooks")
def test_whatever_fails_the_key_passes(windows: FakeWindows, ears: Ears) -> None:
    ears.fails = True
    assert windows.press(KEY_A)


@pytest.mark.usefixtures("hooks")
def test_what_is_no_key_for_us_is_handed_on(windows: FakeWindows, ears: Ears) -> None:
    hook = windows.hooks[max(windows.hooks)]
    assert hook(-1, api.WM_KEYDOWN, 0) == 0
    assert ears.keys == []


@pytest.mark.usefixtures("hooks")
def test_a_chord_with_alt_opens_no_menu(windows: FakeWindows, ears: Ears) -> None:
    windows.down = {LMENU}
    ears.takes = True
    assert not windows.press(KEY_A, api.WM_SYSKEYDOWN)
    assert ears.keys[0].modifiers == {Modifier.ALT}
    assert windows.keys_sent() == [("0xe8", True), ("0xe8", False)]


@pytest.mark.usefixtures("hooks")
def test_another_window_sets_the_hook_anew(windows: FakeWindows, ears: Ears) -> None:
    (before,) = windows.hooks
    windows.watches[api.EVENT_SYSTEM_FOREGROUND](None, api.EVENT_SYSTEM_FOREGROUND, 77, 0, 0, 0, 0)
    (now,) = windows.hooks
    assert now != before
    assert ears.looks == 1
    windows.watches[api.EVENT_OBJECT_FOCUS](None, api.EVENT_OBJECT_FOCUS, 77, 0, 0, 0, 0)
    assert set(windows.hooks) == {now}
    assert ears.looks == 2


@pytest.mark.usefixtures("hooks")
def test_a_hook_that_cannot_be_set_anew_leaves_the_old_one(windows: FakeWindows) -> None:
    before = dict(windows.hooks)
    windows.gives_hooks = False
    windows.watches[api.EVENT_SYSTEM_FOREGROUND](None, api.EVENT_SYSTEM_FOREGROUND, 77, 0, 0, 0, 0)
    assert windows.hooks == before


@pytest.mark.parametrize(("flags", "clicks"), [(0x0001, 1), (0x0004, 1), (0x0002, 0), (0, 0)])
def test_clicks_are_told_and_moves_are_not(
    windows: FakeWindows, ears: Ears, hooks: Hooks, flags: int, clicks: int
) -> None:
    windows.mouse.mouse.usButtonFlags = flags
    hooks._mouse(1)
    assert ears.clicks.qsize() == clicks


@pytest.mark.usefixtures("hooks")
def test_a_click_comes_as_a_message(windows: FakeWindows, ears: Ears) -> None:
    windows.mouse.mouse.usButtonFlags = 0x0001
    windows.messages.put((api.WM_INPUT, 1))
    found = ears.clicks.get(timeout=10)
    assert (found.x, found.y) == (30, 40)


def test_without_a_hook_it_says_so(windows: FakeWindows, ears: Ears) -> None:
    windows.gives_hooks = False
    layout = Layout(windows.functions)
    hooks = Hooks(windows.functions, layout, WindowsHands(windows.functions, layout), ears)
    with pytest.raises(OSError, match="no keyboard hook"):
        hooks.start()
