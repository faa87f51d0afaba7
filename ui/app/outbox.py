"""What waits to be said to a daemon that may be slow, stopped or gone."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from quicktype import protocol

if TYPE_CHECKING:
    from quicktype.protocol import ClientMessage

_MOST = 64


class Outbox:
    """A queue that never grows long: a newer question takes the place of the older.

    For any number of threads; `put` never waits.
    """

    def __init__(self) -> None:
        self._messages: deque[ClientMessage] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, message: ClientMessage) -> None:
        """Adds a message; what it makes pointless goes, and the oldest of too many."""
        with self._changed:
            if isinstance(message, protocol.Complete):
                self._without(protocol.Complete, protocol.Cancel, protocol.Prepare)
            elif isinstance(message, protocol.Prepare):
                self._without(protocol.Prepare)
            if len(self._messages) >= _MOST:
                self._messages.popleft()
            self._messages.append(message)
            self._changed.notify()

    def take(self) -> ClientMessage | None:
        """Waits for the next message; None once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._closed)
            return None if self._closed else self._messages.popleft()

    def clear(self) -> None:
        """Throws away what waits: there is nobody to say it to."""
        with self._changed:
            self._messages.clear()

    def close(self) -> None:
        """Lets whoever waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._messages)

    def _without(self, *kinds: type) -> None:
        kept = [message for message in self._messages if not isinstance(message, kinds)]
        self._messages = deque(kept)
