"""Windows and their programs, the caret that Windows draws, the clipboard.

Never run on Windows.
"""

from __future__ import annotations

import ctypes
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

from ui.platform.interface import Rect, Window
from ui.windows import api

if TYPE_CHECKING:
    from ui.windows.api import Functions

_TERMINALS = frozenset(
    {
        "ConsoleWindowClass", "CASCADIA_HOSTING_WINDOW_CLASS", "mintty", "PuTTY", "KiTTY",
        "VirtualConsoleClass",
    }
)  # fmt: skip
"""Classes of windows that are terminals, whatever the accessibility tree calls them."""
_LONGEST = 512
_CLIPBOARD_BYTES = 1 << 18


class Windows:
    """Safe on every thread."""

    def __init__(self, functions: Functions) -> None:
        self._call = functions

    def front(self) -> tuple[Window, int, bool] | None:
        """The window in front, its process, and whether it is a terminal; None: there is none."""
        handle = self._call["GetForegroundWindow"]()
        if not handle:
            return None
        process = ctypes.c_uint32()
        self._call["GetWindowThreadProcessId"](handle, ctypes.byref(process))
        title = self._text("GetWindowTextW", handle)
        terminal = self._text("GetClassNameW", handle) in _TERMINALS
        return Window(f"hwnd{handle}", title), process.value, terminal

    def program(self, process: int) -> str:
        """A process's program in lower case without `.exe`; "" when it is not told."""
        handle = self._call["OpenProcess"](api.PROCESS_QUERY_LIMITED_INFORMATION, 0, process)
        if not handle:
            return ""
        try:
            name, size = ctypes.create_unicode_buffer(_LONGEST), ctypes.c_uint32(_LONGEST)
            told = self._call["QueryFullProcessImageNameW"](handle, 0, name, ctypes.byref(size))
            path = PureWindowsPath(name.value if told else "")
        finally:
            self._call["CloseHandle"](handle)
        return path.name.lower().removesuffix(".exe")

    def caret(self) -> Rect | None:
        """Where the caret stands that the window in front had Windows draw."""
        info = api.GUITHREADINFO(cbSize=ctypes.sizeof(api.GUITHREADINFO))
        if not self._call["GetGUIThreadInfo"](0, ctypes.byref(info)) or not info.hwndCaret:
            return None
        corner = api.POINT(info.rcCaret.left, info.rcCaret.top)
        self._call["ClientToScreen"](info.hwndCaret, ctypes.byref(corner))
        height = info.rcCaret.bottom - info.rcCaret.top
        return Rect(corner.x, corner.y, 1, height) if height > 0 else None

    def clipboard(self) -> str:
        """The text on the clipboard, "" when there is none or somebody else has it open."""
        if not self._call["OpenClipboard"](None):
            return ""
        try:
            handle = self._call["GetClipboardData"](api.CF_UNICODETEXT)
            return self._global_text(handle) if handle else ""
        finally:
            self._call["CloseClipboard"]()

    def _global_text(self, handle: int) -> str:
        place = self._call["GlobalLock"](handle)
        if not place:
            return ""
        try:
            size = min(self._call["GlobalSize"](handle), _CLIPBOARD_BYTES)
            raw = ctypes.string_at(place, size)
        finally:
            self._call["GlobalUnlock"](handle)
        return raw.decode("utf-16-le", errors="ignore").partition("\0")[0]

    def _text(self, function: str, handle: int) -> str:
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        self._call[function](handle, buffer, _LONGEST)
        return buffer.value
