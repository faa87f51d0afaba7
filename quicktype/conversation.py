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

    def newest(self, characters: int) -> Conversation:
        """The end of the conversation, of about this length; the first message may be cut."""
        room, turns = characters, []
        for turn in reversed(self.turns):
            if room <= 0:
                break
            turns.append(Turn(turn.speaker, turn.text[-room:]))
            room -= len(turn.speaker) + len(turn.text)
        return Conversation(tuple(reversed(turns)))
