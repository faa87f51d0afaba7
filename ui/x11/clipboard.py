"""Reads the text on the clipboard, when the user asks for it."""

from __future__ import annotations

import select
import time
from typing import Any

from Xlib import X, error
from Xlib import display as xdisplay

LONGEST = 64 * 1024
_PATIENCE_S = 0.5


def read(name: str) -> str:
    """The clipboard's text, at most 64 KiB of it; "" when there is none or its owner hangs."""
    try:
        display: Any = xdisplay.Display(name)
    except error.DisplayError:
        return ""
    try:
        return _ask(display).decode(errors="replace").replace("\0", "")[:LONGEST]
    finally:
        display.close()


def _ask(display: Any) -> bytes:
    window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    window.change_attributes(event_mask=X.PropertyChangeMask)
    clipboard, kind, place = map(
        display.intern_atom, ("CLIPBOARD", "UTF8_STRING", "QUICKTYPE_CLIPBOARD")
    )
    window.convert_selection(clipboard, kind, place, X.CurrentTime)
    end = time.monotonic() + _PATIENCE_S
    if not _wait(display, end, X.SelectionNotify):
        return b""
    found = window.get_full_property(place, X.AnyPropertyType, LONGEST // 4)
    if found is None:
        return b""
    if found.property_type != display.intern_atom("INCR"):
        return bytes(found.value) if found.format == 8 else b""
    return _ask_in_pieces(display, window, place, end)


def _ask_in_pieces(display: Any, window: Any, place: int, end: float) -> bytes:
    """A long text comes in pieces, each after the last was removed; an empty one ends it."""
    text = bytearray()
    window.delete_property(place)
    while len(text) < LONGEST and _wait(display, end, X.PropertyNotify, X.PropertyNewValue):
        piece = window.get_full_property(place, X.AnyPropertyType, LONGEST // 4)
        window.delete_property(place)
        if piece is None or not piece.value:
            break
        text += bytes(piece.value)
    return bytes(text)


def _wait(display: Any, end: float, kind: int, state: int | None = None) -> bool:
    display.flush()
    while True:
        while display.pending_events():
            event = display.next_event()
            if event.type == kind and (state is None or event.state == state):
                return True
        left = end - time.monotonic()
        if left <= 0 or not select.select([display.fileno()], [], [], left)[0]:
            return False
