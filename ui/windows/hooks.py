"""One thread with a message loop: keys through a low-level hook, clicks, changes on the screen.

The mouse is heard as raw input, which comes after the fact: a hook of ours would hold the pointer
back. Windows takes a hook away without a word when it was too slow too often; it is therefore set
anew whenever another window comes to the front. Never run on Windows.
"""

from __future__ import annotations

import ctypes
import logging
import time
from typing import TYPE_CHECKING

from ui.platform.gate import HookedKey
from ui.platform.hooked import started
from ui.platform.interface import Click, Modifier
from ui.windows import api
from ui.windows.hands import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.hooked import Ears
    from ui.windows.hands import WindowsHands
    from ui.windows.keys import Layout

_log = logging.getLogger(__name__)
_CHANGES = (
    api.EVENT_SYSTEM_FOREGROUND, api.EVENT_OBJECT_FOCUS, api.EVENT_OBJECT_VALUECHANGE,
    api.EVENT_OBJECT_TEXTSELECTIONCHANGED, api.EVENT_OBJECT_LIVEREGIONCHANGED,
    api.EVENT_OBJECT_REORDER,
)  # fmt: skip
_MENU_KEYS = frozenset({Modifier.ALT, Modifier.SUPER})


class Hooks:
    """From `start` to `stop`; everything else happens on its own thread."""

    def __init__(
        self, functions: api.Functions, layout: Layout, hands: WindowsHands, ears: Ears
    ) -> None:
        self._call, self._layout, self._hands, self._ears = functions, layout, hands, ears
        self._thread_id = 0
        self._hook: int | None = None
        # Windows calls these as long as the hooks are set: they must not be collected before.
        self._on_key = api.HOOKPROC(self._key_event)
        self._on_change = api.WINEVENTPROC(self._change)

    def start(self) -> Callable[[], None]:
        """Begin; returns what ends it.

        Raises:
            OSError: Windows gives us no hook.
        """
        thread = started(self._run, "quicktype-hooks")

        def stop() -> None:
            self._call["PostThreadMessageW"](self._thread_id, api.WM_QUIT, 0, 0)
            thread.join(2.0)

        return stop

    def _run(self, began: Callable[[str], None]) -> None:
        self._thread_id = self._call["GetCurrentThreadId"]()
        self._set_hook()
        if not self._hook:
            began("Windows gives out no keyboard hook; is another program blocking it?")
            return
        watches = [self._watch(event) for event in _CHANGES]
        window = self._hear_mouse()
        began("")
        message = api.MSG()
        while self._call["GetMessageW"](ctypes.byref(message), None, 0, 0) > 0:
            if message.message == api.WM_INPUT:
                self._mouse(message.lParam)
            self._call["DispatchMessageW"](ctypes.byref(message))
        for watch in watches:
            self._call["UnhookWinEvent"](watch)
        self._call["DestroyWindow"](window)
        self._call["UnhookWindowsHookEx"](self._hook)

    def _set_hook(self) -> None:
        before = self._hook
        module = self._call["GetModuleHandleW"](None)
        hook = self._call["SetWindowsHookExW"](api.WH_KEYBOARD_LL, self._on_key, module, 0)
        if hook:
            self._hook = hook
            if before:
                self._call["UnhookWindowsHookEx"](before)

    def _watch(self, event: int) -> int | None:
        flags = api.WINEVENT_OUTOFCONTEXT | api.WINEVENT_SKIPOWNPROCESS
        watch: int | None = self._call["SetWinEventHook"](
            event, event, None, self._on_change, 0, 0, flags
        )
        return watch

    def _hear_mouse(self) -> int | None:
        """Raw input comes as messages to a window that is never seen."""
        nowhere = (0, 0, 0, 0)
        window: int | None = self._call["CreateWindowExW"](
            0, "STATIC", None, 0, *nowhere, api.HWND_MESSAGE, None, None, None
        )
        mouse = api.RAWINPUTDEVICE(1, 2, api.RIDEV_INPUTSINK, window)
        self._call["RegisterRawInputDevices"](ctypes.byref(mouse), 1, ctypes.sizeof(mouse))
        return window

    def _key_event(self, code: int, message: int, data: int) -> int:
        """The hook: 1 keeps the key from the app. It must be quick, and must not fail."""
        taken = False
        if code == 0:
            try:
                taken = self._key(message, data)
            except Exception as error:  # noqa: BLE001 - typing must go on, whatever fails
                _log.error("%s in the keyboard hook", type(error).__name__)
        passed: int = 1 if taken else self._call["CallNextHookEx"](None, code, message, data)
        return passed

    def _key(self, message: int, data: int) -> bool:
        event = api.KBDLLHOOKSTRUCT.from_address(data)
        if event.dwExtraInfo == OURS:
            return False
        pressed = message in {api.WM_KEYDOWN, api.WM_SYSKEYDOWN}
        name, modifiers, stroke = "", frozenset[Modifier](), None
        if pressed:
            name, modifiers, stroke = self._layout.press(event.vkCode, event.scanCode)
        at = time.monotonic()
        taken = self._ears.key(HookedKey(event.vkCode, pressed, name, modifiers, stroke, at))
        if taken and pressed and modifiers & _MENU_KEYS:
            self._hands.keep_menus_closed()
        return taken

    def _mouse(self, handle: int) -> None:
        data, size = api.RAWINPUT(), ctypes.c_uint32(ctypes.sizeof(api.RAWINPUT))
        header = ctypes.sizeof(api.RAWINPUTHEADER)
        target = ctypes.byref(data)
        read = self._call["GetRawInputData"](
            handle, api.RID_INPUT, target, ctypes.byref(size), header
        )
        if read != ctypes.sizeof(data) or data.header.dwType != api.RIM_TYPEMOUSE:
            return
        if data.mouse.usButtonFlags & api.BUTTONS_DOWN:
            place = api.POINT()
            self._call["GetCursorPos"](ctypes.byref(place))
            self._ears.click(Click(place.x, place.y, time.monotonic()))

    def _change(self, _hook: int, event: int, *_: int) -> None:
        if event == api.EVENT_SYSTEM_FOREGROUND:
            self._set_hook()
        self._ears.look()
