"""Windows, programs, the caret and the clipboard, from structures that a fake fills."""

from __future__ import annotations

import pytest

from tests.ui.windows.fakes import FakeWindows
from ui.platform.interface import Rect, Window
from ui.windows.windows import Windows


def test_the_window_in_front_and_its_program() -> None:
    fake = FakeWindows()
    windows = Windows(fake.functions)
    assert windows.front() == (Window("hwnd77", "Chat with Maria"), 4242, False)
    assert windows.program(4242) == "signal"


@pytest.mark.parametrize("name", ["ConsoleWindowClass", "CASCADIA_HOSTING_WINDOW_CLASS", "PuTTY"])
def test_terminals_are_known_by_their_class(name: str) -> None:
    fake = FakeWindows()
    fake.class_name = name
    front = Windows(fake.functions).front()
    assert front is not None
    assert front[2]


def test_the_caret_that_windows_draws_is_told_on_the_whole_desktop() -> None:
    fake = FakeWindows()
    windows = Windows(fake.functions)
    assert windows.caret() is None
    fake.caret = (10, 20, 11, 36)
    assert windows.caret() == Rect(1010, 520, 1, 16)


@pytest.mark.parametrize("text", ["", "hi 🦊", "ä" * 1000])
def test_the_clipboard(text: str) -> None:
    fake = FakeWindows()
    windows = Windows(fake.functions)
    assert windows.clipboard() == ""
    fake.clipboard = text
    assert windows.clipboard() == text
