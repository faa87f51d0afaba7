"""The thread that reads conversations: when the focus came, and again when things are calm."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from ui.platform.interface import Reading
from ui.x11.bus import Bus
from ui.x11.conversation import read_conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.interface import ScreenConversation
    from ui.x11.eyes import Seen

CALM_S = 0.7
"""So long after the last change of the field its conversation is read again."""
WATCHED_S = 60.0
"""So long after that it is looked at every few seconds: a message may come without a word."""
_EVERY_S = 3.0


class ConversationReader:
    """`tell` is called on the reader's thread, and only when something changed."""

    def __init__(
        self, address: Callable[[], str], tell: Callable[[ScreenConversation], None]
    ) -> None:
        self._address, self._tell = address, tell
        self._wanted: queue.SimpleQueue[Seen | bool] = queue.SimpleQueue()
        self._bus: Bus | None = None
        self._thread = threading.Thread(target=self._run, name="quicktype-talk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._wanted.put(False)
        self._thread.join(2.0)

    def follow(self, seen: Seen) -> None:
        """The focused field was read: its conversation is wanted."""
        self._wanted.put(seen)

    def refresh(self) -> None:
        """Read it again now, and tell it in any case."""
        self._wanted.put(True)

    def _run(self) -> None:
        seen: Seen | None = None
        last: ScreenConversation | None = None
        due, watched_until = float("inf"), 0.0
        while True:
            try:
                patience = min(max(0.0, due - time.monotonic()), 3600.0)
                news = self._wanted.get(timeout=patience)
            except queue.Empty:
                if seen is not None:
                    found = self._read(seen)
                    if found is not None and found != last:
                        last = found
                        self._tell(found)
                now = time.monotonic()
                due = now + _EVERY_S if now < watched_until else float("inf")
                continue
            if news is False:
                break
            now = time.monotonic()
            watched_until = now + WATCHED_S
            if isinstance(news, bool):
                last, due = None, now
                continue
            another = seen is None or seen.node != news.node
            seen = (
                news if news.passage is not None and news.allowed is not Reading.NOTHING else None
            )
            due = now if another else now + CALM_S
        if self._bus is not None:
            self._bus.close()

    def _read(self, seen: Seen) -> ScreenConversation | None:
        try:
            if self._bus is None or self._bus.broken:
                self._bus = Bus(self._address())
            return read_conversation(self._bus, seen)
        except (OSError, ConnectionError, ValueError, TimeoutError):
            if self._bus is not None:
                self._bus.close()
            self._bus = None
            return None
