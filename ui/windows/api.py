"""What is called of Windows itself: structures and functions with their types, through ctypes.

Names are those of the Windows headers. Nothing here touches Windows when it is imported. Never run
on Windows: the sizes of the structures are held by a test, the rest by reading.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    Union,
    c_int,
    c_int32,
    c_size_t,
    c_ssize_t,
    c_uint32,
    c_void_p,
    c_wchar_p,
)
from ctypes import c_uint16 as c_word
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

WH_KEYBOARD_LL = 13
WM_KEYDOWN, WM_SYSKEYDOWN, WM_INPUT, WM_QUIT = 0x0100, 0x0104, 0x00FF, 0x0012
KEYEVENTF_EXTENDEDKEY, KEYEVENTF_KEYUP, KEYEVENTF_UNICODE = 0x0001, 0x0002, 0x0004
LLKHF_EXTENDED = 0x01
INPUT_KEYBOARD = 1
RIDEV_INPUTSINK, RID_INPUT, RIM_TYPEMOUSE = 0x0100, 0x10000003, 0
BUTTONS_DOWN = 0x0001 | 0x0004 | 0x0010 | 0x0040 | 0x0100
"""RI_MOUSE_..._BUTTON_DOWN of the left, right, middle and both side buttons."""
HWND_MESSAGE = -3
WINEVENT_OUTOFCONTEXT, WINEVENT_SKIPOWNPROCESS = 0x0000, 0x0002
EVENT_SYSTEM_FOREGROUND, EVENT_OBJECT_REORDER = 0x0003, 0x8004
EVENT_OBJECT_FOCUS, EVENT_OBJECT_VALUECHANGE = 0x8005, 0x800E
EVENT_OBJECT_TEXTSELECTIONCHANGED, EVENT_OBJECT_LIVEREGIONCHANGED = 0x8014, 0x8019
PROCESS_QUERY_LIMITED_INFORMATION = 0x1000
CF_UNICODETEXT = 13
NO_STATE_CHANGE = 0x4
"""For ToUnicodeEx: leave a dead key that waits alone (Windows 10 1607 and later)."""


class KBDLLHOOKSTRUCT(Structure):
    """What a low-level keyboard hook is told."""

    _fields_: ClassVar = [
        ("vkCode", c_uint32), ("scanCode", c_uint32), ("flags", c_uint32), ("time", c_uint32),
        ("dwExtraInfo", c_size_t),
    ]  # fmt: skip


class KEYBDINPUT(Structure):
    """A key for SendInput."""

    _fields_: ClassVar = [
        ("wVk", c_word), ("wScan", c_word), ("dwFlags", c_uint32), ("time", c_uint32),
        ("dwExtraInfo", c_size_t),
    ]  # fmt: skip


class MOUSEINPUT(Structure):
    """The largest member of an INPUT: it gives the union its size."""

    _fields_: ClassVar = [
        ("dx", c_int32), ("dy", c_int32), ("mouseData", c_uint32), ("dwFlags", c_uint32),
        ("time", c_uint32), ("dwExtraInfo", c_size_t),
    ]  # fmt: skip


class _InputUnion(Union):
    _fields_: ClassVar = [("ki", KEYBDINPUT), ("mi", MOUSEINPUT)]


class INPUT(Structure):
    """One event for SendInput."""

    _anonymous_ = ("u",)
    _fields_: ClassVar = [("type", c_uint32), ("u", _InputUnion)]


class POINT(Structure):
    """A place on the screen."""

    _fields_: ClassVar = [("x", c_int32), ("y", c_int32)]


class RECT(Structure):
    """A rectangle by its edges."""

    _fields_: ClassVar = [
        ("left", c_int32), ("top", c_int32), ("right", c_int32), ("bottom", c_int32)
    ]  # fmt: skip


class MSG(Structure):
    """A message of a thread's queue."""

    _fields_: ClassVar = [
        ("hwnd", c_void_p), ("message", c_uint32), ("wParam", c_size_t), ("lParam", c_ssize_t),
        ("time", c_uint32), ("pt", POINT), ("lPrivate", c_uint32),
    ]  # fmt: skip


class GUITHREADINFO(Structure):
    """The focus and the caret of a window's thread."""

    _fields_: ClassVar = [
        ("cbSize", c_uint32), ("flags", c_uint32), ("hwndActive", c_void_p),
        ("hwndFocus", c_void_p), ("hwndCapture", c_void_p), ("hwndMenuOwner", c_void_p),
        ("hwndMoveSize", c_void_p), ("hwndCaret", c_void_p), ("rcCaret", RECT),
    ]  # fmt: skip


class RAWINPUTDEVICE(Structure):
    """Which raw input a window wants."""

    _fields_: ClassVar = [
        ("usUsagePage", c_word), ("usUsage", c_word), ("dwFlags", c_uint32),
        ("hwndTarget", c_void_p),
    ]  # fmt: skip


class RAWINPUTHEADER(Structure):
    """The head of each raw input."""

    _fields_: ClassVar = [
        ("dwType", c_uint32), ("dwSize", c_uint32), ("hDevice", c_void_p), ("wParam", c_size_t)
    ]  # fmt: skip


class RAWMOUSE(Structure):
    """What a mouse did; the union of `ulButtons` is told by its two halves."""

    _fields_: ClassVar = [
        ("usFlags", c_word), ("padding", c_word), ("usButtonFlags", c_word),
        ("usButtonData", c_word), ("ulRawButtons", c_uint32), ("lLastX", c_int32),
        ("lLastY", c_int32), ("ulExtraInformation", c_uint32),
    ]  # fmt: skip


class RAWINPUT(Structure):
    """Raw input of a mouse."""

    _fields_: ClassVar = [("header", RAWINPUTHEADER), ("mouse", RAWMOUSE)]


_CALLBACK = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)  # the same on 64 bits
HOOKPROC = _CALLBACK(c_ssize_t, c_int, c_size_t, c_ssize_t)
WINEVENTPROC = _CALLBACK(
    None, c_void_p, c_uint32, c_void_p, c_int32, c_int32, c_uint32, c_uint32
)  # fmt: skip

_SIGNATURES: dict[str, tuple[str, Any, list[Any]]] = {
    "SetWindowsHookExW": ("user32", c_void_p, [c_int, HOOKPROC, c_void_p, c_uint32]),
    "UnhookWindowsHookEx": ("user32", c_int, [c_void_p]),
    "CallNextHookEx": ("user32", c_ssize_t, [c_void_p, c_int, c_size_t, c_ssize_t]),
    "GetMessageW": ("user32", c_int, [POINTER(MSG), c_void_p, c_uint32, c_uint32]),
    "DispatchMessageW": ("user32", c_ssize_t, [POINTER(MSG)]),
    "PostThreadMessageW": ("user32", c_int, [c_uint32, c_uint32, c_size_t, c_ssize_t]),
    "SetWinEventHook": (
        "user32", c_void_p,
        [c_uint32, c_uint32, c_void_p, WINEVENTPROC, c_uint32, c_uint32, c_uint32],
    ),
    "UnhookWinEvent": ("user32", c_int, [c_void_p]),
    "CreateWindowExW": (
        "user32", c_void_p,
        [c_uint32, c_wchar_p, c_wchar_p, c_uint32, *[c_int] * 4, *[c_void_p] * 4],
    ),
    "DestroyWindow": ("user32", c_int, [c_void_p]),
    "RegisterRawInputDevices": ("user32", c_int, [POINTER(RAWINPUTDEVICE), c_uint32, c_uint32]),
    "GetRawInputData": (
        "user32", c_uint32, [c_ssize_t, c_uint32, c_void_p, POINTER(c_uint32), c_uint32],
    ),
    "GetCursorPos": ("user32", c_int, [POINTER(POINT)]),
    "SendInput": ("user32", c_uint32, [c_uint32, POINTER(INPUT), c_int]),
    "GetAsyncKeyState": ("user32", ctypes.c_int16, [c_int]),
    "GetKeyState": ("user32", ctypes.c_int16, [c_int]),
    "GetKeyboardLayout": ("user32", c_void_p, [c_uint32]),
    "MapVirtualKeyExW": ("user32", c_uint32, [c_uint32, c_uint32, c_void_p]),
    "ToUnicodeEx": (
        "user32", c_int,
        [c_uint32, c_uint32, c_void_p, c_void_p, c_int, c_uint32, c_void_p],
    ),
    "GetForegroundWindow": ("user32", c_void_p, []),
    "GetWindowThreadProcessId": ("user32", c_uint32, [c_void_p, POINTER(c_uint32)]),
    "GetWindowTextW": ("user32", c_int, [c_void_p, c_void_p, c_int]),
    "GetClassNameW": ("user32", c_int, [c_void_p, c_void_p, c_int]),
    "GetGUIThreadInfo": ("user32", c_int, [c_uint32, POINTER(GUITHREADINFO)]),
    "ClientToScreen": ("user32", c_int, [c_void_p, POINTER(POINT)]),
    "OpenClipboard": ("user32", c_int, [c_void_p]),
    "GetClipboardData": ("user32", c_void_p, [c_uint32]),
    "CloseClipboard": ("user32", c_int, []),
    "GlobalLock": ("kernel32", c_void_p, [c_void_p]),
    "GlobalSize": ("kernel32", c_size_t, [c_void_p]),
    "GlobalUnlock": ("kernel32", c_int, [c_void_p]),
    "GetCurrentThreadId": ("kernel32", c_uint32, []),
    "GetModuleHandleW": ("kernel32", c_void_p, [c_wchar_p]),
    "OpenProcess": ("kernel32", c_void_p, [c_uint32, c_int, c_uint32]),
    "QueryFullProcessImageNameW": (
        "kernel32", c_int, [c_void_p, c_uint32, c_void_p, POINTER(c_uint32)],
    ),
    "CloseHandle": ("kernel32", c_int, [c_void_p]),
}  # fmt: skip

Functions = dict[str, "Callable[..., Any]"]


def functions() -> Functions:
    """Windows' functions by name, with their types.

    Raises:
        OSError: This is not Windows, or a version without them.
    """
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        raise OSError("this is not Windows")
    libraries = {name: load(name, use_last_error=True) for name in ("user32", "kernel32")}
    found: Functions = {}
    for name, (library, result, arguments) in _SIGNATURES.items():
        function = getattr(libraries[library], name)
        function.restype, function.argtypes = result, arguments
        found[name] = function
    return found
