"""The keys that we send ourselves come back through the recording: here they are told apart."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_KEPT_S = 3.0
"""An echo that did not come by then never will (the recording was broken off)."""


class Echoes:
    """What is expected to come back, in the order in which it was sent. Safe on every thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._expected: deque[tuple[bool, int, float]] = deque()

    def expect(self, events: Iterable[tuple[bool, int]]) -> None:
        """These (pressed, keycode) are about to be sent."""
        until = self._clock() + _KEPT_S
        with self._lock:
            self._expected.extend((pressed, keycode, until) for pressed, keycode in events)

    def claims(self, keycode: int, *, pressed: bool) -> bool:
        """Whether an event is the next of ours; then it is not expected any more.

        A key of the user's that comes in between is told from ours by being another one; if it is
        the same one, ours passes for theirs a moment later, and the count is right.
        """
        with self._lock:
            now = self._clock()
            while self._expected and self._expected[0][2] < now:
                self._expected.popleft()
            if not self._expected or self._expected[0][:2] != (pressed, keycode):
                return False
            self._expected.popleft()
            return True
