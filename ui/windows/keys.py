"""What keys are on Windows: virtual keys to X's names, and what a press types.

Never run on Windows.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from ui.platform.interface import KeyKind, Modifier
from ui.platform.strokes import (
    BACKSPACE,
    DELETE,
    ESCAPE,
    LEFT,
    RETURN,
    RIGHT,
    TAB,
    Stroke,
    key_name,
    kind_of,
)
from ui.windows.api import NO_STATE_CHANGE

if TYPE_CHECKING:
    from ui.windows.api import Functions

VK_SHIFT, VK_CONTROL, VK_MENU, VK_CAPITAL = 0x10, 0x11, 0x12, 0x14
VK_LWIN, VK_RWIN, VK_RCONTROL, VK_LMENU, VK_RMENU = 0x5B, 0x5C, 0xA3, 0xA4, 0xA5
VK_BACK, VK_PROCESSKEY, VK_PACKET = 0x08, 0xE5, 0xE7
HELD = (0xA0, 0xA1, 0xA2, VK_RCONTROL, VK_LMENU, VK_RMENU, VK_LWIN, VK_RWIN)
"""The modifiers that work while they are held down, each side's own."""
EXTENDED = frozenset({VK_RCONTROL, VK_RMENU, VK_LWIN, VK_RWIN})
_MODIFIERS = frozenset({*HELD, VK_SHIFT, VK_CONTROL, VK_MENU, VK_CAPITAL, 0x90, 0x91})
_NAMED = {
    VK_BACK: ("BackSpace", BACKSPACE), 0x09: ("Tab", TAB), 0x0D: ("Return", RETURN),
    0x1B: ("Escape", ESCAPE), 0x21: ("Prior", 0xFF55), 0x22: ("Next", 0xFF56),
    0x23: ("End", 0xFF57), 0x24: ("Home", 0xFF50), 0x25: ("Left", LEFT), 0x26: ("Up", 0xFF52),
    0x27: ("Right", RIGHT), 0x28: ("Down", 0xFF54), 0x2D: ("Insert", 0xFF63),
    0x2E: ("Delete", DELETE),
} | {0x70 + n: (f"F{n + 1}", 0xFFBE + n) for n in range(24)}  # fmt: skip
_MAPVK_VK_TO_CHAR, _DEAD = 2, 0x80000000
_DOWN, _TOGGLED = 0x8000, 0x0001
_LONGEST = 8


class Layout:
    """The keyboard layout of the window that has the focus; for the hook's thread."""

    def __init__(self, functions: Functions) -> None:
        self._call = functions

    def held(self, keys: tuple[int, ...] = HELD) -> list[int]:
        """Which of these keys are down, the one that a hook is told about just now left out."""
        return [key for key in keys if self._call["GetAsyncKeyState"](key) & _DOWN]

    def press(self, key: int, scan: int) -> tuple[str, frozenset[Modifier], Stroke | None]:
        """A press's name, its modifiers and what it does; no stroke for a modifier alone."""
        if key in _MODIFIERS:
            return "", frozenset(), None
        down = set(self.held())
        modifiers = _modifiers(down)
        if key == VK_PACKET:  # another program types a character, which stands for the scan code
            return "", frozenset(), Stroke(KeyKind.TEXT, chr(scan), 0)
        if key == VK_PROCESSKEY:
            return "", modifiers, Stroke(KeyKind.COMPOSE, "", 0)
        name, symbol = _NAMED.get(key, ("", 0))
        if name:
            commanding = bool(modifiers - {Modifier.SHIFT})
            return name, modifiers, Stroke(kind_of(symbol, "", commanding=commanding), "", symbol)
        layout = self._layout()
        text = self._text(key, scan, modifiers, layout)
        if VK_RMENU in down and text:
            modifiers -= {Modifier.CONTROL, Modifier.ALT}  # AltGr types, it commands nothing
        commanding = bool(modifiers - {Modifier.SHIFT})
        if text is None:
            return self._name(key, layout), modifiers, Stroke(KeyKind.COMPOSE, "", 0)
        kind = kind_of(0, text, commanding=commanding)
        typed = text if kind is KeyKind.TEXT else ""
        return self._name(key, layout), modifiers, Stroke(kind, typed, 0)

    def _layout(self) -> int | None:
        thread = self._call["GetWindowThreadProcessId"](self._call["GetForegroundWindow"](), None)
        layout: int | None = self._call["GetKeyboardLayout"](thread)
        return layout

    def _name(self, key: int, layout: int | None) -> str:
        """The key by what it types without modifiers, as chords are written."""
        found = self._call["MapVirtualKeyExW"](key, _MAPVK_VK_TO_CHAR, layout) & ~_DEAD
        return key_name(chr(found & 0xFFFF))

    def _text(
        self, key: int, scan: int, modifiers: frozenset[Modifier], layout: int | None
    ) -> str | None:
        """What a press types; None for a dead key."""
        state = (ctypes.c_uint8 * 256)()
        held = {
            VK_SHIFT: Modifier.SHIFT, VK_CONTROL: Modifier.CONTROL, VK_MENU: Modifier.ALT
        }  # fmt: skip
        for virtual, modifier in held.items():
            state[virtual] = 0x80 if modifier in modifiers else 0
        state[VK_CAPITAL] = self._call["GetKeyState"](VK_CAPITAL) & _TOGGLED
        buffer = (ctypes.c_uint16 * _LONGEST)()
        count = self._call["ToUnicodeEx"](
            key, scan, state, buffer, _LONGEST, NO_STATE_CHANGE, layout
        )
        if count < 0:
            return None
        return bytes(buffer)[: 2 * count].decode("utf-16-le", errors="ignore")


def _modifiers(down: set[int]) -> frozenset[Modifier]:
    sides = {
        Modifier.SHIFT: {0xA0, 0xA1}, Modifier.CONTROL: {0xA2, VK_RCONTROL},
        Modifier.ALT: {VK_LMENU, VK_RMENU}, Modifier.SUPER: {VK_LWIN, VK_RWIN},
    }  # fmt: skip
    return frozenset(modifier for modifier, keys in sides.items() if keys & down)
