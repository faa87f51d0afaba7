"""Conversations that chat clients push: in memory only, the newest ones."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation

if TYPE_CHECKING:
    from quicktype.protocol import Forget, Observe

CONVERSATIONS = 200
TURNS = 200
CHARACTERS = 16_000
"""Far more than any model reads, and a bound for the memory that all of them take."""


@dataclass(frozen=True, slots=True)
class _Known:
    conversation: Conversation = field(default_factory=Conversation)
    app: str | None = None
    partner: str | None = None
    speaker: str | None = None


class Observed:
    """What was said, by the client's name for the conversation."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def add(self, message: Observe) -> None:
        """Adds turns to a conversation; the one that was longest without any falls out."""
        before = self._known.pop(message.conversation_id, _Known())
        turns = (*before.conversation.turns, *message.turns.turns)[-TURNS:]
        self._known[message.conversation_id] = _Known(
            Conversation(turns).newest(CHARACTERS),
            message.app or before.app,
            message.partner or before.partner,
            message.speaker or before.speaker,
        )
        if len(self._known) > CONVERSATIONS:
            self._known.popitem(last=False)

    def get(self, name: str) -> Conversation | None:
        """A conversation, or None if it was never pushed or has fallen out."""
        known = self._known.get(name)
        return None if known is None else known.conversation

    def of_app(self, app: str) -> tuple[Conversation, str | None] | None:
        """The conversation that an app pushed last and who its user is; None if it pushes none."""
        for known in reversed(self._known.values()):
            if known.app == app:
                return known.conversation, known.speaker
        return None

    def forget(self, message: Forget) -> None:
        """Drops every message of that text, or the conversations of a partner or an app, or all."""
        kept = {name: _without(known, message) for name, known in self._known.items()}
        self._known = OrderedDict((name, known) for name, known in kept.items() if known)


def _without(known: _Known, message: Forget) -> _Known | None:
    """What is left of a conversation; None when all of it is forgotten."""
    match message.what:
        case "text":
            turns = (turn for turn in known.conversation.turns if turn.text != message.name)
            return replace(known, conversation=Conversation(tuple(turns)))
        case "partner":
            return None if known.partner == message.name else known
        case "app":
            return None if known.app == message.name else known
        case _:
            return None
