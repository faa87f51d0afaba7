"""Puts text into a field and takes it back, in the way that suits the app."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.platform.clusters import clusters
from ui.platform.interface import Way
from ui.x11 import atspi
from ui.x11.bus import Call, first, getting, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.x11.bus import Bus, Ref
    from ui.x11.keymap import Keymap
    from ui.x11.loan import Loan
    from ui.x11.sender import Sender
    from ui.x11.toolkits import Traits

_PASTE_S = 0.5
"""So long an app may take to paste; the keyboard stands still meanwhile."""
_SETTLE_S = 0.25
"""So long an app may take to show that a key removed something."""


@dataclass(frozen=True, slots=True)
class Target:
    """The field that is edited: its object (None where the app has none) and its caret."""

    node: Ref | None
    caret: int
    traits: Traits


@dataclass(frozen=True, slots=True)
class Inserted:
    """What was put in, where, and how."""

    target: Target
    text: str
    way: Way


class Editor:
    """Used by one thread. Every method returns what went wrong, "" when nothing did.

    `release` frees the keyboard where keys were not needed for the edit.
    """

    def __init__(
        self, bus: Callable[[], Bus | None], keymap: Keymap, sender: Sender, loan: Loan
    ) -> None:
        self._bus, self._keymap, self._sender, self._loan = bus, keymap, sender, loan

    def ways(self, target: Target, wanted: Way, text: str) -> list[Way]:
        """The ways that may work, best first."""
        if not text.replace("\n", " ").isprintable():
            return []
        forbidden = set() if target.node is not None else {Way.TEXT, Way.PASTE}
        if "\n" in text:
            forbidden.add(Way.TYPE)  # Enter would send it
        allowed = [way for way in target.traits.ways if way not in forbidden]
        return sorted(allowed, key=lambda way: way is not wanted)

    def insert(
        self, target: Target, text: str, wanted: Way, group: int, taken: int
    ) -> tuple[Inserted | None, str]:
        """Put the text in at the caret; keys of the user's that wait come after it."""
        for way in self.ways(target, wanted, text):
            if way is Way.TEXT and self._insert_text(target, text):
                return Inserted(target, text, way), ""
            if way is Way.TYPE:
                strokes = self._keymap.strokes(text, group)
                if strokes is None:
                    continue
                if not self._sender.send(self._sender.typing(strokes), taken):
                    return None, "another program holds the keyboard"
                return Inserted(target, text, way), ""
            if way is Way.PASTE and self._paste(target, text, taken):
                return Inserted(target, text, way), ""
        return None, "this text cannot be typed here"

    def remove(self, inserted: Inserted, taken: int) -> str:
        """Take an insertion back in one step."""
        if inserted.way is Way.TEXT:
            return "" if self._delete_text(inserted) else "the text is not there any more"
        strokes = clusters(inserted.text)
        if not self._sender.send(self._sender.chord("BackSpace") * strokes, taken):
            return "another program holds the keyboard"
        self._remove_rest(inserted)
        return ""

    def _paste(self, target: Target, text: str, taken: int) -> bool:
        """Through the clipboard, which holds afterwards what it held before."""
        bus, node = self._bus(), target.node
        if bus is None or node is None or not self._loan.borrow(text):
            return False
        keys = self._sender.chord("Control_L", "v")
        try:
            return self._sender.send(
                keys, taken, until=lambda: self._wait_beyond(bus, node, target.caret)
            )
        finally:
            self._loan.give_back()

    def _wait_beyond(self, bus: Bus, node: Ref, caret: int) -> None:
        """Until the caret has moved on: what was pasted stands there."""
        end = time.monotonic() + _PASTE_S
        while time.monotonic() < end:
            if int(value(bus.one(getting(node, atspi.TEXT, "CaretOffset")), -1)) > caret:
                return
            time.sleep(0.002)

    def _insert_text(self, target: Target, text: str) -> bool:
        """Through the accessibility interface, with the caret behind it."""
        bus, node = self._bus(), target.node
        if bus is None or node is None:
            return False
        length = target.traits.insert_length(text)
        after = target.caret + target.traits.offsets(text)
        insert, _ = bus.ask(
            [
                Call(node, atspi.EDITABLE, "InsertText", "isi", (target.caret, text, length)),
                Call(node, atspi.TEXT, "SetCaretOffset", "i", (after,)),
            ]
        )
        return bool(first(insert, False))

    def _delete_text(self, inserted: Inserted) -> bool:
        bus, node, start = self._bus(), inserted.target.node, inserted.target.caret
        if bus is None or node is None:
            return False
        end = start + inserted.target.traits.offsets(inserted.text)
        if first(bus.one(atspi.text_call(node, start, end))) != inserted.text:
            return False
        delete, _ = bus.ask(
            [
                Call(node, atspi.EDITABLE, "DeleteText", "ii", (start, end)),
                Call(node, atspi.TEXT, "SetCaretOffset", "i", (start,)),
            ]
        )
        return bool(first(delete, False))

    def _remove_rest(self, inserted: Inserted) -> None:
        """Apps differ in what one Backspace removes of an emoji: look, and remove what is left."""
        bus, node, text = self._bus(), inserted.target.node, inserted.text
        if text.isascii() or bus is None or node is None:
            return
        left = len(text) - clusters(text)
        caret = self._caret_at_rest(bus, node)
        while left > 0 and caret > inserted.target.caret:
            self._sender.send(self._sender.chord("BackSpace"))
            left -= 1
            caret = self._caret_at_rest(bus, node, moved_from=caret)

    def _caret_at_rest(self, bus: Bus, node: Ref, moved_from: int | None = None) -> int:
        """Where the caret is when it has not moved for a moment."""
        end, seen, since = time.monotonic() + _SETTLE_S, -1, time.monotonic()
        while time.monotonic() < end:
            caret = int(value(bus.one(getting(node, atspi.TEXT, "CaretOffset")), -1))
            if caret != seen:
                seen, since = caret, time.monotonic()
            elif caret != moved_from and time.monotonic() - since > _SETTLE_S / 8:
                break
            time.sleep(0.002)
        return seen
