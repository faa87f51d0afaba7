"""Which keys a reading holds already: told from where the caret should stand after each of them.

An app shows what a key did some milliseconds after the key; a reading taken in between is of the
past. Each key's effect on the caret is known by its kind (a letter moves it by one), so that a
reading says by its caret which keys it holds. Where that cannot be known (an arrow, a paste, a text
that the app corrects by itself), a pause without further change decides. No text is kept, only
lengths.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

QUIET_S = 0.08
"""A reading begun so long after the last key holds whatever that key was to do."""
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Effect:
    """What a key or an edit should do; `known` is false when only the app knows."""

    moves: int = 0
    """How far the caret moves."""
    grows: int = 0
    """How much longer the text gets."""
    known: bool = True


UNKNOWN = Effect(known=False)


@dataclass(frozen=True, slots=True)
class Mark:
    """A reading, as far as the ledger looks at it."""

    node: str
    caret: int
    count: int
    selected: int
    begun: float


@dataclass(frozen=True, slots=True)
class _Expected:
    sequence: int
    effect: Effect
    at: float


class Ledger:
    """Keys since the last reading that was sure, oldest first."""

    def __init__(self) -> None:
        self._base: Mark | None = None
        self._settled = 0
        self._expected: deque[_Expected] = deque(maxlen=_LONGEST)

    @property
    def settled(self) -> int:
        """The newest key that the newest reading holds."""
        return self._settled

    @property
    def quiet_at(self) -> float | None:
        """When a reading will be sure at the latest; None while nothing is waited for."""
        return self._expected[-1].at + QUIET_S if self._expected else None

    def expect(self, sequence: int, effect: Effect, at: float) -> None:
        """A key was pressed, or we changed the text ourselves."""
        self._expected.append(_Expected(sequence, effect, at))

    def read(self, mark: Mark) -> int:
        """The newest key that this reading holds."""
        newest = self._newest(mark)
        if newest is None:
            return self._settled
        while self._expected and self._expected[0].sequence <= newest:
            self._settled = self._expected.popleft().sequence
        self._base = mark
        return self._settled

    def _newest(self, mark: Mark) -> int | None:
        """The newest key whose effect the reading shows; None when that is not known yet."""
        if not self._expected:
            return self._settled
        last, base = self._expected[-1], self._base
        if mark.begun >= last.at + QUIET_S:
            return last.sequence
        if base is None or base.node != mark.node:
            return last.sequence if mark.begun >= last.at else None
        caret, count, found = base.caret, base.count, None
        for expected in self._expected:
            if not expected.effect.known or base.selected:
                moved = (mark.caret, mark.count) != (caret, count) or mark.selected != base.selected
                return last.sequence if moved and expected is last else found
            caret, count = caret + expected.effect.moves, count + expected.effect.grows
            if (mark.caret, mark.count) == (caret, count):
                found = expected.sequence
        return found
