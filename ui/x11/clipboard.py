"""Reads what is on the clipboard."""

from __future__ import annotations

import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from Xlib import X, error
from Xlib import display as xdisplay

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 64 * 1024
_PATIENCE_S = 0.5


def read(name: str) -> str:
    """The clipboard's text, at most 64 KiB of it; "" when there is none or its owner hangs."""
    found = content(name, "UTF8_STRING") or b""
    return found.decode(errors="replace").replace("\0", "")[:LONGEST]


def content(name: str, target: str) -> bytes | None:
    """What is on the clipboard in one of its forms; None when it is not to be had so."""
    with _connected(name) as display:
        if display is None:
            return None
        found = _ask(display, target)
        return found if isinstance(found, bytes) else None


def targets(name: str) -> list[str]:
    """In which forms the clipboard offers what is on it; none when it is empty."""
    with _connected(name) as display:
        found = _ask(display, "TARGETS") if display is not None else None
        return [] if found is None else [display.get_atom_name(atom) for atom in found]


@contextmanager
def _connected(name: str) -> Iterator[Any]:
    try:
        display = xdisplay.Display(name)
    except error.DisplayError:
        yield None
        return
    try:
        yield display
    finally:
        display.close()


def _ask(display: Any, target: str) -> bytes | list[int] | None:
    """The content as bytes, or as numbers where its form is made of those."""
    window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    window.change_attributes(event_mask=X.PropertyChangeMask)
    clipboard, kind, place = map(display.intern_atom, ("CLIPBOARD", target, "QUICKTYPE_CLIPBOARD"))
    window.convert_selection(clipboard, kind, place, X.CurrentTime)
    end = time.monotonic() + _PATIENCE_S
    if not _wait(display, end, X.SelectionNotify):
        return None
    found = window.get_full_property(place, X.AnyPropertyType, LONGEST // 4)
    if found is None:
        return None
    if found.property_type == display.intern_atom("INCR"):
        return _ask_in_pieces(display, window, place, end)
    return bytes(found.value) if found.format == 8 else list(found.value)


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
