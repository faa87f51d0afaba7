"""Who said what: the conversation that a draft answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One message that somebody sent."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages so far, oldest first."""

    turns: tuple[Turn, ...] = ()

    def speakers(self) -> tuple[str, ...]:
        """Everybody who spoke, in order of appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))
