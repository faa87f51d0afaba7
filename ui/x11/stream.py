"""Keys and clicks in the order in which they happened, held back while something is undecided.

Two connections tell of a key: the recording tells of all of them, the grabs of those that came to
us. The server's time in both says which is which, so that a chord is decided when everything before
it is known, and nothing after it.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ui.x11.keyboard import RawClick
from ui.x11.sender import Typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ui.x11.hands import Grabbed, NotGrabbed
    from ui.x11.keyboard import RawKey

_REMEMBERED, _MOST_REPLAYED = 8, 256


class Asked(Protocol):
    """What the stream wants of `Hands`."""

    covered: frozenset[int]

    def resolve(self, token: int) -> None:
        """See `Hands.resolve`."""


@dataclass(slots=True)
class Pending:
    """A chord that waits for its verdict, with the keyboard frozen."""

    grabbed: Grabbed
    deadline: float
    """`time.monotonic()` when it is decided with what is known by then."""
    raw: RawKey | None = None
    """The press in the recording; None until everything before it has come."""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """A key that may have come to us."""

    token: int
    raw: RawKey
    repeated: bool


class Stream:
    """Used by one thread. `deliver` gets what reaches the app, and every release."""

    def __init__(
        self, hands: Asked, deliver: Callable[[RawKey | RawClick], None], patience: float
    ) -> None:
        """`patience`: seconds that a chord waits at most until everything before it is known."""
        self._hands, self._deliver, self._patience = hands, deliver, patience
        self._held: deque[RawKey | RawClick] = deque()
        self._down: set[int] = set()
        self._question: _Question | None = None
        self._tokens = 0
        self._taken_unseen: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._replayed: deque[Typed] = deque(maxlen=_MOST_REPLAYED)
        self.pending: Pending | None = None
        self.editing = False
        """An edit is under way: what was typed meanwhile comes after it."""

    @property
    def busy(self) -> bool:
        """Something is held back, or would be."""
        return self._question is not None or self.pending is not None or self.editing

    def put(self, raw: RawKey | RawClick) -> None:
        """It was recorded."""
        self._held.append(raw)

    def flow(self) -> None:
        """Deliver what may be, in order."""
        while self._held and not self._stuck:
            raw = self._held.popleft()
            if self._was_replayed(raw):
                continue
            if isinstance(raw, RawClick) or not raw.pressed:
                self._release(raw)
            else:
                self._press(raw)

    def grabbed(self, news: Grabbed) -> None:
        """A chord came to us: it waits for what was recorded before it."""
        question, self._question = self._question, None
        self.pending = pending = Pending(news, time.monotonic() + self._patience)
        if question is not None and _same(news, question.raw):
            pending.raw, pending.repeated = question.raw, question.repeated
        elif question is not None:
            self._deliver(question.raw)

    def not_grabbed(self, news: NotGrabbed) -> None:
        """The key in question went to the app."""
        question = self._question
        if question is not None and question.token == news.token:
            self._question = None
            self._deliver(question.raw)

    def decided(self, *, taken: bool, editing: bool) -> None:
        """The verdict on the pending chord; `editing`: what comes next waits for its edit."""
        pending, self.pending = self.pending, None
        self.editing = editing
        if pending is not None and pending.raw is None and taken:
            self._taken_unseen.append((pending.grabbed.keycode, pending.grabbed.stamp))
        elif pending is not None and pending.raw is not None and not taken:
            self._deliver(pending.raw)

    def forget(self) -> None:
        """Something failed: nothing is in question any more."""
        self._question = self.pending = None
        self.editing = False

    def edited(self, replayed: Iterable[Typed]) -> None:
        """An edit is over; these keys were sent once more after it, and count then."""
        self.editing = False
        self._replayed.extend(replayed)

    @property
    def _stuck(self) -> bool:
        decided_next = self.pending is not None and self.pending.raw is not None
        return self.editing or self._question is not None or decided_next

    def _release(self, raw: RawKey | RawClick) -> None:
        if not isinstance(raw, RawClick):
            self._down.discard(raw.keycode)
        self._deliver(raw)

    def _was_replayed(self, raw: RawKey | RawClick) -> bool:
        if isinstance(raw, RawClick):
            return False
        key = Typed(raw.pressed, raw.keycode, raw.stamp)
        if key not in self._replayed:
            return False
        self._replayed.remove(key)
        return True

    def _press(self, raw: RawKey) -> None:
        repeated = raw.keycode in self._down
        self._down.add(raw.keycode)
        pending, key = self.pending, (raw.keycode, raw.stamp)
        if pending is not None and _same(pending.grabbed, raw):
            pending.raw, pending.repeated = raw, repeated
        elif key in self._taken_unseen:
            self._taken_unseen.remove(key)
        elif pending is None and raw.keycode in self._hands.covered:
            self._tokens += 1
            self._question = _Question(self._tokens, raw, repeated)
            self._hands.resolve(self._tokens)
        else:
            self._deliver(raw)


def _same(grabbed: Grabbed, raw: RawKey) -> bool:
    return (grabbed.keycode, grabbed.stamp) == (raw.keycode, raw.stamp)
