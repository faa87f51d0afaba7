"""The conversation of the playground: what was said, who types, and the partner's lines to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.conversation import Conversation, Turn
from quicktype.transcript import TranscriptError, parse_lines

if TYPE_CHECKING:
    from collections.abc import Iterable


_SOMEBODY = "Partner"


class Room:
    """A conversation that grows: by what is sent, by a script, by what is pasted."""

    def __init__(
        self, conversation: Conversation, speaker: str, script: Iterable[Turn] = ()
    ) -> None:
        self.conversation = conversation
        self.speaker = speaker
        self._script = list(script)
        scripted = (turn.speaker for turn in self._script)
        self._people = dict.fromkeys((*conversation.speakers(), speaker, *scripted))

    def send(self, text: str) -> list[Turn]:
        """Adds a message of the one who types, then what the script answers; gives all of these."""
        return self._add([Turn(self.speaker, text), *self._answers()])

    def open(self) -> list[Turn]:
        """What the script says before the first message of the one who types."""
        if self._has_mine():
            return self._add(self._until_mine())
        return self._add([] if self.conversation.turns else self._answers())

    def paste(self, text: str) -> list[Turn]:
        """Adds pasted lines ``Name: text``; gives nothing when the text is no such lines.

        A single line counts only when its name is known here: "Note: call mum" is no message.
        """
        try:
            pasted = parse_lines(text.replace("\r\n", "\n").replace("\r", "\n"))
        except TranscriptError:
            return []
        if len(pasted.turns) == 1 and pasted.turns[0].speaker not in self.people():
            return []
        return self._add(list(pasted.turns))

    def people(self) -> tuple[str, ...]:
        """Everybody who spoke, types, or will speak by the script."""
        self._people |= dict.fromkeys((*self.conversation.speakers(), self.speaker))
        return tuple(self._people)

    def hear(self, speaker: str, text: str) -> list[Turn]:
        """Adds what somebody else said; gives it."""
        return self._add([Turn(speaker, text)])

    def partner(self) -> str:
        """Who answers the one who types: the other who spoke last, else somebody new."""
        others = [turn.speaker for turn in self.conversation.turns if turn.speaker != self.speaker]
        return others[-1] if others else _SOMEBODY

    def is_answered(self) -> bool:
        """Whether it is for the one who types to say something."""
        turns = self.conversation.turns
        return not turns or turns[-1].speaker != self.speaker

    def switch(self) -> str:
        """Lets the next person type; gives the name."""
        people = self.people()
        self.speaker = people[(people.index(self.speaker) + 1) % len(people)]
        return self.speaker

    def _add(self, turns: list[Turn]) -> list[Turn]:
        self.conversation = Conversation(self.conversation.turns + tuple(turns))
        return turns

    def _answers(self) -> list[Turn]:
        """The script's answers to one message: up to the next of mine, or one if it has none."""
        if not self._has_mine():
            return [self._script.pop(0)] if self._script else []
        while self._script[0].speaker == self.speaker:
            self._script.pop(0)
            if not self._script:
                return []
        return self._until_mine()

    def _has_mine(self) -> bool:
        return any(turn.speaker == self.speaker for turn in self._script)

    def _until_mine(self) -> list[Turn]:
        answers = []
        while self._script and self._script[0].speaker != self.speaker:
            answers.append(self._script.pop(0))
        return answers
