"""What shows, which keys are armed, and what the tray tells: the outside of the state machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ui.core.actions import Action, Arm, Hide, Mood, Show

if TYPE_CHECKING:
    from ui.platform.interface import Chord


class Stage:
    """Collects the actions of an event; says only what is new."""

    def __init__(self) -> None:
        self.shown: Show | None = None
        self.armed: frozenset[Chord] = frozenset()
        self._mood: Mood | None = None
        self._actions: list[Action] = []

    def do(self, *actions: Action) -> None:
        """These are to be done, in this order."""
        self._actions += actions

    def show(self, show: Show) -> None:
        """This shows now; nothing is painted anew that looks the same."""
        if self.shown is None or not _same_look(show, self.shown):
            self.do(show)
        self.shown = show

    def hide(self) -> None:
        """Nothing shows now."""
        if self.shown is not None:
            self.shown = None
            self.do(Hide())

    def leave(self, chords: frozenset[Chord], mood: Mood) -> list[Action]:
        """The event is over: with these chords armed and this mood, what is to be done."""
        if chords != self.armed:
            self.armed = chords
            self.do(Arm(chords))
        if mood != self._mood:
            self._mood = mood
            self.do(mood)
        actions, self._actions = self._actions, []
        return actions


def _same_look(one: Show, other: Show) -> bool:
    """Whether painting one after the other changes nothing."""
    plain = replace(other.field, sequence=one.field.sequence, draft=one.field.draft)
    return plain == one.field and (one.text, one.others) == (other.text, other.others)
