"""The clipboard, borrowed for one paste: what was on it is kept and offered again afterwards."""

from __future__ import annotations

import select
import threading
from typing import TYPE_CHECKING, Any

from Xlib import X, Xatom, error
from Xlib import display as xdisplay
from Xlib.protocol import event as xevent

from ui.x11 import clipboard

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_KEPT = 48 * 1024
"""A form with more bytes than that is not kept: such a clipboard is not borrowed."""
_TEXTS = ("UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT", "STRING")
_PRIVATE = "x-kde-passwordManagerHint"
"""Clipboard managers do not remember what says `secret` here."""
_OF_THE_PROTOCOL = frozenset(
    {"TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION"}
)


class Loan:
    """A connection with a thread that answers whoever pastes. Safe on every thread.

    What is offered goes with us, as with every program that ends.
    """

    def __init__(self, name: str) -> None:
        """Connect.

        Raises:
            OSError: No display answers.
        """
        self._name = name
        try:
            self._display: Any = xdisplay.Display(name)
        except error.DisplayError as failure:
            raise OSError(f"no X display answers at {name!r}") from failure
        root: Any = self._display.screen().root
        self._window = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._clipboard, self._targets = self._atom("CLIPBOARD"), self._atom("TARGETS")
        self._lock = threading.Lock()
        self._offered: Mapping[str, bytes] = {}
        self._kept: Mapping[str, bytes] = {}
        self._thread = threading.Thread(target=self._serve, name="quicktype-clipboard", daemon=True)
        self._thread.start()

    def borrow(self, text: str) -> bool:
        """Offer this text; False when what is on the clipboard could not be offered again."""
        kept = self._offered if self._owned() else self._everything()
        if kept is None:
            return False
        offered = dict.fromkeys(_TEXTS, text.encode()) | {_PRIVATE: b"secret"}
        with self._lock:
            self._kept, self._offered = kept, offered
            self._window.set_selection_owner(self._clipboard, X.CurrentTime)
        return self._owned()

    def give_back(self) -> None:
        """Offer again what was there before; nothing if somebody copied something meanwhile."""
        if not self._owned():
            return
        with self._lock:
            self._offered = self._kept
            if not self._kept:
                self._display.set_selection_owner(X.NONE, self._clipboard, X.CurrentTime)
                self._display.flush()

    def close(self) -> None:
        """End it."""
        self._display.display.socket.shutdown(2)
        self._thread.join(2.0)

    def _owned(self) -> bool:
        with self._lock:
            owner = self._display.get_selection_owner(self._clipboard)
            self._answer_all()
            return bool(owner == self._window)

    def _everything(self) -> dict[str, bytes] | None:
        """What is on the clipboard in all its forms; None when it is too much or not to be had."""
        kept: dict[str, bytes] = {}
        for target in clipboard.targets(self._name):
            if target not in _OF_THE_PROTOCOL:
                found = clipboard.content(self._name, target)
                if found is None or len(found) > MOST_KEPT:
                    return None
                kept[target] = found
        return kept

    def _serve(self) -> None:
        try:
            while True:
                select.select([self._display.fileno()], [], [])
                with self._lock:
                    self._answer_all()
        except (error.ConnectionClosedError, OSError, ValueError):
            self._display.display.socket.close()

    def _answer_all(self) -> None:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.SelectionRequest:
                self._answer(event)

    def _answer(self, event: Any) -> None:
        """Hand over what is offered, or say that it is not to be had in this form."""
        place, target = event.property or event.target, self._display.get_atom_name(event.target)
        if event.target == self._targets:
            forms = [self._targets, *map(self._atom, self._offered)]
            event.requestor.change_property(place, Xatom.ATOM, 32, forms)
        elif target in self._offered:
            event.requestor.change_property(place, event.target, 8, self._offered[target])
        else:
            place = X.NONE
        event.requestor.send_event(
            xevent.SelectionNotify(
                time=event.time, requestor=event.requestor, selection=event.selection,
                target=event.target, property=place,
            )
        )  # fmt: skip
        self._display.flush()

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))
