"""Types with events that carry their characters; each carries a mark by which the tap knows it.

From inside the tap's call, events go in where the call's own event stands: before every key that
the user pressed later (`CGEventTapPostEvent`). Never run on macOS.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ui.macos.keys import KEY_DELETE

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = 0x71756963
"""`kCGEventSourceUserData` of our events."""
_LONGEST = 20
"""More UTF-16 units than this one event does not carry."""


class MacHands:
    """See `ui.platform.gate.Hands`. `quartz` is pyobjc's module Quartz."""

    def __init__(self, quartz: Any) -> None:
        self._quartz = quartz
        self._source = quartz.CGEventSourceCreate(quartz.kCGEventSourceStatePrivate)
        quartz.CGEventSourceSetUserData(self._source, OURS)
        self._proxy: Any = None

    @contextmanager
    def inside(self, proxy: Any) -> Iterator[None]:
        """While the tap is called: what is typed goes in before the event that it is about."""
        self._proxy = proxy
        try:
            yield
        finally:
            self._proxy = None

    def write(self, text: str) -> str:
        """Type the text as it is, whatever the layout and the modifiers that are held down."""
        for piece in pieces(text):
            for pressed in (True, False):
                event = self._event(0, pressed=pressed)
                units = len(piece.encode("utf-16-le")) // 2
                self._quartz.CGEventKeyboardSetUnicodeString(event, units, piece)
                self._post(event)
        return ""

    def erase(self, count: int) -> str:
        """Press Backspace so many times."""
        for _ in range(count):
            for pressed in (True, False):
                self._post(self._event(KEY_DELETE, pressed=pressed))
        return ""

    def _event(self, code: int, *, pressed: bool) -> Any:
        event = self._quartz.CGEventCreateKeyboardEvent(self._source, code, pressed)
        self._quartz.CGEventSetFlags(event, 0)
        return event

    def _post(self, event: Any) -> None:
        if self._proxy is not None:
            self._quartz.CGEventTapPostEvent(self._proxy, event)
        else:
            self._quartz.CGEventPost(self._quartz.kCGSessionEventTap, event)


def pieces(text: str) -> list[str]:
    """The text in pieces that one event can carry; none ends within a character."""
    found, units = [""], 0
    for character in text:
        size = 2 if character > "\uffff" else 1
        if units + size > _LONGEST:
            found.append("")
            units = 0
        found[-1] += character
        units += size
    return [piece for piece in found if piece]
