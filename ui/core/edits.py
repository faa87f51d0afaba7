"""What is being put into a field or taken out again, until the field shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quicktype.draft import Draft
    from ui.platform.interface import Done

_SETTLING = 0.3
"""Seconds that a field may take to show what was put in."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The newest insertion, for as long as one key takes it back."""

    number: int
    before: Draft
    after: Draft
    text: str
    source: int
    """The question that it answers."""


@dataclass(slots=True)
class _Change:
    """An insertion or a removal. It counts as a key, whose number is known once it is done."""

    number: int
    sequence: int | None = None
    until: float | None = None


class Edits:
    """At most one change is on its way: begun, then done, then shown by the field."""

    def __init__(self) -> None:
        self._change: _Change | None = None
        self._newest = 0
        self.accepted: Accepted | None = None

    @property
    def on_the_way(self) -> bool:
        """Whether the field does not show yet what it will."""
        return self._change is not None

    @property
    def unfinished(self) -> bool:
        """Whether the text is still being put in."""
        return self._change is not None and self._change.sequence is None

    @property
    def wake_at(self) -> float | None:
        """When the field must show the change."""
        return self._change.until if self._change is not None else None

    def accept(self, accepted: Accepted) -> None:
        """This text goes in."""
        self._change = _Change(accepted.number)
        self.accepted = accepted

    def take_back(self) -> Accepted | None:
        """The newest insertion is taken out again; None when that is a thing of the past."""
        accepted, self.accepted = self.accepted, None
        if accepted is not None:
            self._change = _Change(accepted.number)
        return accepted

    def follows(self, sequence: int) -> bool:
        """Whether the newest change is the newest thing that happened, by this number."""
        return not self.unfinished and self._newest == sequence

    def ended(self, done: Done, now: float) -> bool:
        """A change has ended; gives whether it was the one on its way."""
        if self._change is None or self._change.number != done.number:
            return False
        if done.trouble:
            self.forget()
        else:
            self._newest = self._change.sequence = done.sequence
            self._change.until = now + _SETTLING
        return True

    def shown(self, sequence: int, draft: Draft) -> bool:
        """The field was read; gives whether it shows the change, if there is one."""
        if self._change is not None:
            if self._change.sequence is None or sequence < self._change.sequence:
                return False
            self._change = None
        if self.accepted is not None and self.accepted.after != draft:
            self.accepted = None
        return True

    def give_up(self, now: float) -> bool:
        """Gives whether the field did not show the change in time; then it is not waited for."""
        if self._change is None or self._change.until is None or now < self._change.until:
            return False
        self._change = None
        return True

    def forget(self) -> None:
        """Nothing is on its way, and nothing can be taken back."""
        self._change = None
        self.accepted = None
