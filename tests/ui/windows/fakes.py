"""A Windows that exists in memory only: what is called of it, and what it then calls of ours."""

from __future__ import annotations

import ctypes
import queue
from collections.abc import Callable
from typing import Any

from ui.windows import api

GERMAN: dict[int, tuple[str | None, str | None, str]] = {
    0x41: ("a", "A", ""), 0x51: ("q", "Q", "@"), 0xDD: (None, None, ""), 0xBB: ("+", "*", "~"),
    0x20: (" ", " ", ""), 0x5A: ("y", "Y", ""), 0x36: ("6", "&", ""),
}  # fmt: skip
"""Keys of a layout: plain, with Shift, with AltGr; None is a dead key."""


class FakeWindows:
    """`functions` is what the backend gets; the rest is for tests."""

    def __init__(self) -> None:
        self.down: set[int] = set()
        self.capital = False
        self.sent: list[api.INPUT] = []
        self.lets_send = True
        self.messages: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        self.hooks: dict[int, Callable[..., int]] = {}
        self.gives_hooks = True
        self.watches: dict[int, Callable[..., None]] = {}
        self.passed: list[int] = []
        self.mouse = api.RAWINPUT()
        self.title, self.class_name = "Chat with Maria", "Chat"
        self.path = r"C:\Program Files\Signal\Signal.EXE"
        self.caret: tuple[int, int, int, int] | None = None
        self.clipboard: str | None = None
        self._kept: list[Any] = []
        made = {name[1:]: getattr(self, name) for name in dir(self) if name[1:2].isupper()}
        self.functions: dict[str, Callable[..., Any]] = made

    def press(self, key: int, message: int = api.WM_KEYDOWN, extra: int = 0) -> bool:
        """A key comes to the newest hook; True when the app got it."""
        event = api.KBDLLHOOKSTRUCT(key, 0, 0, 0, extra)
        hook = self.hooks[max(self.hooks)]
        return hook(0, message, ctypes.addressof(event)) == 0

    def keys_sent(self) -> list[tuple[str, bool]]:
        """What was sent, as characters or key numbers, and whether it went down."""
        found = []
        for event in self.sent:
            name = chr(event.ki.wScan) if event.ki.dwFlags & api.KEYEVENTF_UNICODE else ""
            found.append((name or f"{event.ki.wVk:#x}", not event.ki.dwFlags & 2))
        return found

    # What Windows does.

    def _GetAsyncKeyState(self, key: int) -> int:  # noqa: N802
        return -32768 if key in self.down else 0

    def _GetKeyState(self, _key: int) -> int:  # noqa: N802
        return int(self.capital)

    def _GetForegroundWindow(self) -> int:  # noqa: N802
        return 77

    def _GetWindowThreadProcessId(self, _window: int, process: Any) -> int:  # noqa: N802
        if process is not None:
            process._obj.value = 4242
        return 1

    def _GetKeyboardLayout(self, _thread: int) -> int:  # noqa: N802
        return 0x0407

    def _MapVirtualKeyExW(self, key: int, _kind: int, _layout: int) -> int:  # noqa: N802
        plain = GERMAN.get(key, ("",))[0]
        if plain is None:
            return 0x80000000 | ord("^")
        return ord(plain.upper()) if plain else 0

    def _ToUnicodeEx(  # noqa: N802
        self, key: int, _scan: int, state: Any, buffer: Any, _size: int, flags: int, _layout: int
    ) -> int:
        assert flags & api.NO_STATE_CHANGE
        plain, shifted, alternate = GERMAN.get(key, ("", "", ""))
        if plain is None:
            return -1
        text: str | None = ""
        if state[0x11] and state[0x12]:
            text = alternate
        elif not state[0x11] and not state[0x12]:
            text = shifted if bool(state[0x10]) != bool(state[0x14]) else plain
        for index, letter in enumerate(text or ""):
            buffer[index] = ord(letter)
        return len(text or "")

    def _SendInput(self, count: int, events: Any, size: int) -> int:  # noqa: N802
        assert size == ctypes.sizeof(api.INPUT)
        if not self.lets_send:
            return 0
        self.sent += [api.INPUT.from_buffer_copy(events[index]) for index in range(count)]
        return count

    def _GetCurrentThreadId(self) -> int:  # noqa: N802
        return 9

    def _GetModuleHandleW(self, _name: None) -> int:  # noqa: N802
        return 1

    def _SetWindowsHookExW(self, kind: int, proc: Any, _module: int, thread: int) -> int:  # noqa: N802
        assert (kind, thread) == (api.WH_KEYBOARD_LL, 0)
        if not self.gives_hooks:
            return 0
        number = 100 + len(self._kept)
        self._kept.append(proc)
        self.hooks[number] = proc
        return number

    def _UnhookWindowsHookEx(self, number: int) -> int:  # noqa: N802
        del self.hooks[number]
        return 1

    def _CallNextHookEx(self, _hook: None, _code: int, _message: int, data: int) -> int:  # noqa: N802
        self.passed.append(api.KBDLLHOOKSTRUCT.from_address(data).vkCode if data else 0)
        return 0

    def _SetWinEventHook(  # noqa: N802
        self,
        low: int,
        high: int,
        _module: None,
        proc: Any,
        _process: int,
        _thread: int,
        _flags: int,
    ) -> int:
        assert low == high
        self.watches[low] = proc
        return low

    def _UnhookWinEvent(self, number: int) -> int:  # noqa: N802
        del self.watches[number]
        return 1

    def _CreateWindowExW(self, *_: object) -> int:  # noqa: N802
        return 55

    def _DestroyWindow(self, window: int) -> int:  # noqa: N802
        assert window == 55
        return 1

    def _RegisterRawInputDevices(self, _devices: Any, count: int, size: int) -> int:  # noqa: N802
        assert (count, size) == (1, ctypes.sizeof(api.RAWINPUTDEVICE))
        return 1

    def _GetRawInputData(  # noqa: N802
        self, _handle: int, _command: int, target: Any, size: Any, header: int
    ) -> int:
        assert header == ctypes.sizeof(api.RAWINPUTHEADER)
        ctypes.memmove(target, ctypes.addressof(self.mouse), size._obj.value)
        return int(size._obj.value)

    def _GetCursorPos(self, point: Any) -> int:  # noqa: N802
        point._obj.x, point._obj.y = 30, 40
        return 1

    def _GetMessageW(self, message: Any, *_: object) -> int:  # noqa: N802
        kind, data = self.messages.get(timeout=10)
        message._obj.message, message._obj.lParam = kind, data
        return int(kind != api.WM_QUIT)

    def _DispatchMessageW(self, _message: Any) -> int:  # noqa: N802
        return 0

    def _PostThreadMessageW(self, thread: int, kind: int, _low: int, data: int) -> int:  # noqa: N802
        assert thread == 9
        self.messages.put((kind, data))
        return 1

    def _GetWindowTextW(self, _window: int, buffer: Any, _size: int) -> int:  # noqa: N802
        buffer.value = self.title
        return len(self.title)

    def _GetClassNameW(self, _window: int, buffer: Any, _size: int) -> int:  # noqa: N802
        buffer.value = self.class_name
        return len(self.class_name)

    def _OpenProcess(self, access: int, _inherit: int, process: int) -> int:  # noqa: N802
        assert (access, process) == (api.PROCESS_QUERY_LIMITED_INFORMATION, 4242)
        return 7

    def _QueryFullProcessImageNameW(  # noqa: N802
        self, _handle: int, _flags: int, buffer: Any, size: Any
    ) -> int:
        assert size._obj.value > len(self.path)
        buffer.value = self.path
        return 1

    def _CloseHandle(self, handle: int) -> int:  # noqa: N802
        assert handle == 7
        return 1

    def _GetGUIThreadInfo(self, thread: int, info: Any) -> int:  # noqa: N802
        assert (thread, info._obj.cbSize) == (0, ctypes.sizeof(api.GUITHREADINFO))
        if self.caret is not None:
            info._obj.hwndCaret = 77
            info._obj.rcCaret = api.RECT(*self.caret)
        return 1

    def _ClientToScreen(self, _window: int, point: Any) -> int:  # noqa: N802
        point._obj.x += 1000
        point._obj.y += 500
        return 1

    def _OpenClipboard(self, _window: None) -> int:  # noqa: N802
        return 1

    def _CloseClipboard(self) -> int:  # noqa: N802
        return 1

    def _GetClipboardData(self, kind: int) -> int:  # noqa: N802
        assert kind == api.CF_UNICODETEXT
        return 0 if self.clipboard is None else 3

    def _GlobalLock(self, _handle: int) -> int:  # noqa: N802
        raw = ((self.clipboard or "") + "\0").encode("utf-16-le")
        self._memory = ctypes.create_string_buffer(raw + b"\xff\xff", len(raw) + 2)
        return ctypes.addressof(self._memory)

    def _GlobalSize(self, _handle: int) -> int:  # noqa: N802
        return len(self._memory)

    def _GlobalUnlock(self, _handle: int) -> int:  # noqa: N802
        return 1
