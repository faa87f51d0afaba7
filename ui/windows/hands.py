"""Types with SendInput; every event of ours carries a mark by which the hook knows it.

From inside the hook's call, what is sent stands ahead of every key that the user presses later:
Windows lets no further key in until the hook has answered. Never run on Windows.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from ui.windows.api import (
    INPUT,
    INPUT_KEYBOARD,
    KEYBDINPUT,
    KEYEVENTF_EXTENDEDKEY,
    KEYEVENTF_KEYUP,
    KEYEVENTF_UNICODE,
)
from ui.windows.keys import EXTENDED, VK_BACK, VK_LMENU, VK_LWIN, VK_RMENU, VK_RWIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.windows.api import Functions
    from ui.windows.keys import Layout

OURS = 0x7175_6963
"""`dwExtraInfo` of our events."""
_NOTHING = 0xE8
"""A virtual key that is nobody's: pressed between Alt and its release, it keeps menus closed."""
_OPENS_MENUS = frozenset({VK_LMENU, VK_RMENU, VK_LWIN, VK_RWIN})


class WindowsHands:
    """See `ui.platform.gate.Hands`."""

    def __init__(self, functions: Functions, layout: Layout) -> None:
        self._call, self._layout = functions, layout

    def write(self, text: str) -> str:
        """Type the text as it is, whatever the layout and the modifiers that are held down."""
        raw = text.encode("utf-16-le")
        units = [int.from_bytes(raw[i : i + 2], "little") for i in range(0, len(raw), 2)]
        return self._send([_unicode(unit, up=up) for unit in units for up in (False, True)])

    def erase(self, count: int) -> str:
        """Press Backspace so many times."""
        return self._send([_key(VK_BACK, up=up) for _ in range(count) for up in (False, True)])

    def keep_menus_closed(self) -> None:
        """After a key that was taken while Alt or the Windows key is down."""
        self._send_all([_key(_NOTHING, up=False), _key(_NOTHING, up=True)])

    def _send(self, events: Sequence[INPUT]) -> str:
        """Send them as if no modifier were down; what went wrong, "" when nothing did."""
        held = self._layout.held()
        masked = [_key(_NOTHING, up=up) for up in (False, True) if _OPENS_MENUS & set(held)]
        before = [*masked, *(_key(key, up=True) for key in held)]
        after = [*(_key(key, up=False) for key in held), *masked]
        sent = self._send_all([*before, *events, *after])
        return "" if sent else "Windows lets no other program type into this app"

    def _send_all(self, events: Sequence[INPUT]) -> bool:
        array = (INPUT * len(events))(*events)
        sent: int = self._call["SendInput"](len(events), array, ctypes.sizeof(INPUT))
        return sent == len(events)


def _unicode(unit: int, *, up: bool) -> INPUT:
    flags = KEYEVENTF_UNICODE | (KEYEVENTF_KEYUP if up else 0)
    return INPUT(type=INPUT_KEYBOARD, ki=KEYBDINPUT(0, unit, flags, 0, OURS))


def _key(virtual: int, *, up: bool) -> INPUT:
    flags = (KEYEVENTF_KEYUP if up else 0) | (KEYEVENTF_EXTENDEDKEY if virtual in EXTENDED else 0)
    return INPUT(type=INPUT_KEYBOARD, ki=KEYBDINPUT(virtual, 0, flags, 0, OURS))
