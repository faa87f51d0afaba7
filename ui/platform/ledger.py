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
    ours: bool


class Ledger:
    """Keys since the last reading that was explained by them, oldest first.

    A reading may also run ahead: the app shows a key before the recording tells it. Such a reading
    is kept as it is, and explained when the key comes.
    """

    def __init__(self) -> None:
        self._explained: Mark | None = None
        self._ahead: Mark | None = None
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

    @property
    def certain(self) -> bool:
        """Every key was seen to do what it did; our own edits need not be seen."""
        return all(expected.ours for expected in self._expected)

    @property
    def ahead_of_reading(self) -> int:
        """How far our own edits moved the caret from where it was last read."""
        return sum(expected.effect.moves for expected in self._expected if expected.ours)

    def expect(self, sequence: int, effect: Effect, at: float, *, ours: bool = False) -> None:
        """A key was pressed, or (`ours`) we changed the text ourselves."""
        self._expected.append(_Expected(sequence, effect, at, ours))
        if self._ahead is not None and effect.known:
            self._settle(self._ahead, self._explained)

    def forget(self) -> None:
        """Nothing will be read where these keys go."""
        if self._expected:
            self._settled = self._expected[-1].sequence
        self._expected.clear()
        self._explained = self._ahead = None

    def read(self, mark: Mark) -> int:
        """The newest key that this reading holds."""
        if self._is_new_ground(mark):
            self._accept(mark, self._expected[-1].sequence if self._expected else None)
        elif not self._expected:
            self._run_ahead(mark)
        else:
            self._settle(mark, self._explained)
            if self._expected and self._ahead is not None:
                self._settle(mark, self._ahead)
        return self._settled

    def _is_new_ground(self, mark: Mark) -> bool:
        """Nothing before can explain it: another field, or everything has long come to rest."""
        known = self._explained
        last = self._expected[-1].at if self._expected else None
        if known is None or known.node != mark.node:
            return last is None or mark.begun >= last
        return last is not None and mark.begun >= last + QUIET_S

    def _run_ahead(self, mark: Mark) -> None:
        """A change without a key: the key is late, or somebody else made it."""
        if self._explained is None or _position(mark) == _position(self._explained):
            self._explained, self._ahead = mark, None
        elif self._ahead is None or mark.begun < self._ahead.begun + QUIET_S:
            self._ahead = self._ahead if _same(self._ahead, mark) else mark
        else:
            self._explained, self._ahead = mark, None

    def _settle(self, mark: Mark, base: Mark | None) -> None:
        newest = self._newest(mark, base) if base is not None else None
        if newest is not None:
            self._accept(mark, newest)

    def _accept(self, mark: Mark, newest: int | None) -> None:
        """The reading holds the keys up to this one."""
        while newest is not None and self._expected and self._expected[0].sequence <= newest:
            self._settled = self._expected.popleft().sequence
        self._explained, self._ahead = mark, None

    def _newest(self, mark: Mark, base: Mark) -> int | None:
        """The newest key whose effect on `base` the reading shows; None when it shows none.

        Where the caret comes back to the same place by way of an earlier one (a letter corrected),
        the same place means another text: then only the first time that it was there is sure.
        """
        last, caret, count, found = self._expected[-1], base.caret, base.count, None
        shown = _position(mark) == _position(base)
        for expected in self._expected:
            if not expected.effect.known or base.selected:
                moved = (mark.caret, mark.count) != (caret, count) or mark.selected != base.selected
                return last.sequence if moved and expected is last else found
            caret, count = caret + expected.effect.moves, count + expected.effect.grows
            if (mark.caret, mark.count) == (caret, count):
                found, shown = expected.sequence, True
            elif shown and (caret < mark.caret or count < mark.count):
                break
        return found


def _position(mark: Mark) -> tuple[int, int, int]:
    return mark.caret, mark.count, mark.selected


def _same(one: Mark | None, other: Mark) -> bool:
    return one is not None and _position(one) == _position(other)
