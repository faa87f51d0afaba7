"""Somebody who types: keys through XTEST into one window, and into no other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from Xlib import XK, X, error
from Xlib import display as xdisplay
from Xlib.ext import xtest

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOCUS_S = 20.0
_LOOK_S = 0.02
_DEEP = 4


class LostFocusError(Exception):
    """Another window has the focus: nothing may be typed; the message says what to do."""


class Typist:
    """A connection of its own to the display."""

    def __init__(self, name: str) -> None:
        self._display: Any = xdisplay.Display(name)
        self._window = 0

    def close(self) -> None:
        """Ends the connection."""
        self._display.close()

    def find(self, title: str) -> int | None:
        """The window whose title contains this, None when there is none."""
        named = self._display.intern_atom("_NET_WM_NAME")
        for window in self._tree(self._display.screen().root, 0):
            try:
                found = window.get_full_text_property(named) or window.get_wm_name() or ""
            except error.BadWindow:
                continue
            if title in str(found):
                return int(window.id)
        return None

    def enter(self, window: int) -> None:
        """Gives this window the focus; raises LostFocusError when it does not get it."""
        self._window = window
        end = time.monotonic() + _FOCUS_S
        while not self._is_inside():
            if time.monotonic() > end:
                raise LostFocusError("the window to type in does not get the focus")
            target = self._display.create_resource_object("window", window)
            not_yet = error.CatchError(error.BadWindow, error.BadMatch)
            target.configure(stack_mode=X.Above, onerror=not_yet)
            target.set_input_focus(X.RevertToParent, X.CurrentTime, onerror=not_yet)
            self._display.sync()
            time.sleep(_LOOK_S)

    def press(self, *keys: str) -> float:
        """Presses keys by their X names, the last one with the others held; gives when it went."""
        if not self._is_inside():
            raise LostFocusError(
                "another window got the focus: leave keys and mouse alone meanwhile"
            )
        codes = [self._display.keysym_to_keycode(_symbol(key)) for key in keys]
        at = time.monotonic()
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.flush()
        return at

    def _is_inside(self) -> bool:
        """Whether the focus is in the window, or in one that is part of it."""
        focus = self._display.get_input_focus().focus
        try:
            for _ in range(_DEEP):
                if isinstance(focus, int) or focus is None:
                    return False
                if focus.id == self._window:
                    return True
                focus = focus.query_tree().parent or None
        except error.BadWindow:
            return False
        return False

    def _tree(self, window: Any, depth: int) -> Iterator[Any]:
        """All windows but the lowest, the upper ones first."""
        yield window
        if depth >= _DEEP:
            return
        try:
            children = window.query_tree().children
        except error.BadWindow:
            return
        for child in reversed(children):
            yield from self._tree(child, depth + 1)


def _symbol(key: str) -> int:
    return int(XK.string_to_keysym({" ": "space"}.get(key, key)))
