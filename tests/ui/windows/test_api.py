"""The structures are as large as Windows' own on 64 bits, and no function lacks its types."""

from __future__ import annotations

import ctypes

import pytest

from tests.ui.windows.fakes import FakeWindows
from ui.windows import api

SIZES = {
    api.KBDLLHOOKSTRUCT: 24, api.KEYBDINPUT: 24, api.MOUSEINPUT: 32, api.INPUT: 40, api.MSG: 48,
    api.GUITHREADINFO: 72, api.RAWINPUTDEVICE: 16, api.RAWINPUTHEADER: 24, api.RAWMOUSE: 24,
    api.RAWINPUT: 48, api.RECT: 16, api.POINT: 8,
}  # fmt: skip


@pytest.mark.parametrize("structure", SIZES)
def test_sizes_of_sixty_four_bits(structure: type[ctypes.Structure]) -> None:
    assert ctypes.sizeof(structure) == SIZES[structure]


def test_where_the_fields_lie_that_we_look_at() -> None:
    assert api.KBDLLHOOKSTRUCT.dwExtraInfo.offset == 16
    assert api.KEYBDINPUT.dwExtraInfo.offset == 16
    assert api.INPUT.u.offset == 8
    assert api.MSG.lParam.offset == 24
    assert api.GUITHREADINFO.rcCaret.offset == 56
    assert api.RAWMOUSE.usButtonFlags.offset == 4


def test_elsewhere_there_are_no_such_functions() -> None:
    with pytest.raises(OSError, match="not Windows"):
        api.functions()


def test_each_function_that_is_called_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def __init__(self, name: str, **_: object) -> None:
            self.name = name

        def __getattr__(self, name: str) -> object:
            return type(name, (), {})()

    monkeypatch.setattr(ctypes, "WinDLL", Library, raising=False)
    declared = api.functions()
    assert set(FakeWindows().functions) == set(declared)
    assert declared["SendInput"].argtypes[0] is ctypes.c_uint32  # type: ignore[attr-defined]
