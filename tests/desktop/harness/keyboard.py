"""Fingers: XTEST keys and clicks from a client of their own, as a person's would come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from Xlib import XK, X, display
from Xlib.ext import xtest


class Fingers:
    """Presses keys by their X names on a US layout (`Tab`, `a`, `A`, `space`)."""

    def __init__(self, name: str) -> None:
        self.name, self.display = name, display.Display(name)

    def close(self) -> None:
        self.display.close()

    def learn_layout(self) -> None:
        """Look again where the letters are."""
        self.close()
        self.display = display.Display(self.name)

    def press(self, key: str | int) -> None:
        xtest.fake_input(self.display, X.KeyPress, self.code(key))
        self.display.sync()

    def release(self, key: str | int) -> None:
        xtest.fake_input(self.display, X.KeyRelease, self.code(key))
        self.display.sync()

    def tap(self, *keys: str | int) -> None:
        """Press the keys one after the other, release them in reverse: `tap("Shift_L", "Tab")`."""
        for key in keys:
            xtest.fake_input(self.display, X.KeyPress, self.code(key))
        for key in reversed(keys):
            xtest.fake_input(self.display, X.KeyRelease, self.code(key))
        self.display.sync()

    def write(self, text: str, every: float = 0.0) -> None:
        """Type ASCII text."""
        for character in text:
            symbol = XK.string_to_keysym(character) or ord(character)
            symbol = {"\n": XK.XK_Return, "\t": XK.XK_Tab}.get(character, symbol)
            code, level = next(
                (code, index) for code, index in self.display.keysym_to_keycodes(symbol)
            )
            shift = ["Shift_L"] if level & 1 else []
            self.tap(*shift, code)
            if every:
                time.sleep(every)

    @contextmanager
    def holding(self, key: str | int) -> Iterator[None]:
        self.press(key)
        try:
            yield
        finally:
            self.release(key)

    def click(self, x: int, y: int) -> None:
        self.display.screen().root.warp_pointer(x, y)
        for kind in (X.ButtonPress, X.ButtonRelease):
            xtest.fake_input(self.display, kind, 1)
        self.display.sync()

    def code(self, key: str | int) -> int:
        if isinstance(key, int):
            return key
        symbol = XK.string_to_keysym(key)
        assert symbol, f"no key is named {key}"
        return int(self.display.keysym_to_keycode(symbol))
