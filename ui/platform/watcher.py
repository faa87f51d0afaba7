"""Reads what has the focus, where nothing but asking tells: one thread for the field, one for talk.

A platform's events only say that it is time to look; what is true is what was read last. An app
that hangs keeps nobody waiting but these threads.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

from ui.platform.interface import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.gate import Gate, Sight
    from ui.platform.interface import App, Insertion, Removal, ScreenConversation

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

CALM_S = 0.7
"""So long after the last change of the field its conversation is read again."""


class Reader(Protocol):
    """Asks the system; each belongs to the thread that opened it."""

    def sight(self, allowed: Callable[[App, str], Reading]) -> Sight | None:
        """What has the focus; `allowed` is asked before any text is read."""

    def conversation(self) -> ScreenConversation | None:
        """The conversation around what has the focus; None when there is none to be seen."""


class Watcher:
    """`look`, `refresh` and `edit` may be called on every thread; they never wait."""

    def __init__(self, open_reader: Callable[[], Reader]) -> None:
        """`open_reader` is called once on each of the threads."""
        self._open = open_reader
        self._wanted = threading.Event()
        self._edits: queue.SimpleQueue[Insertion | Removal] = queue.SimpleQueue()
        self._talk: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._anew = threading.Event()
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, gate: Gate) -> None:
        """Begin to tell the gate."""
        works = {"reader": self._read_fields, "talk": self._read_talk}
        for name, work in works.items():
            thread = threading.Thread(
                target=work, args=(gate,), name=f"quicktype-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self.look()

    def stop(self) -> None:
        """End both threads."""
        self._stopping = True
        self._wanted.set()
        self._talk.put(None)
        for thread in self._threads:
            thread.join(2.0)

    def look(self) -> None:
        """Something may have changed."""
        self._wanted.set()

    def refresh(self) -> None:
        """Read the field and its conversation again, and tell both in any case."""
        self._wanted.set()
        self._anew.set()
        self._talk.put(0.0)

    def edit(self, edit: Insertion | Removal) -> None:
        """Edit without a chord, off the caller's thread."""
        self._edits.put(edit)
        self._wanted.set()

    def _read_fields(self, gate: Gate) -> None:
        reader, last = self._open(), ""
        while True:
            self._wanted.wait(_left(gate.look_at))
            self._wanted.clear()
            if self._stopping:
                return
            while not self._edits.empty():
                gate.edit(self._edits.get())
            sight = _guarded(lambda: reader.sight(gate.allowed))
            gate.see(sight)
            identity = sight.field.identity if sight else ""
            if sight is not None and sight.allowed is not Reading.NOTHING:
                self._talk.put(0.0 if identity != last else CALM_S)
            last = identity

    def _read_talk(self, gate: Gate) -> None:
        """Once for each field that comes, and whenever things are calm after a change."""
        reader, due = self._open(), float("inf")
        last: ScreenConversation | None = None
        while True:
            try:
                patience = self._talk.get(timeout=_left(due))
            except queue.Empty:
                due = float("inf")
                found = _guarded(reader.conversation)
                if found is not None and (found != last or self._anew.is_set()):
                    last = found
                    self._anew.clear()
                    _tell_talk(gate, found)
                continue
            if patience is None:
                return
            due = time.monotonic() + patience


def _tell_talk(gate: Gate, found: ScreenConversation) -> None:
    gate.tell(lambda listener: listener.on_conversation(found))


def _guarded(ask: Callable[[], _T | None]) -> _T | None:
    """What the system answers; whatever goes wrong with an app or a library, nothing."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - an app that fails is like one that says nothing
        _log.warning("%s while reading the screen", type(error).__name__)
        return None


def _left(at: float | None) -> float | None:
    """Seconds until then, as `wait` and `get` take them."""
    if at is None or at == float("inf"):
        return None
    return max(0.0, at - time.monotonic())
