"""Conversations that chat clients push: in memory only, the newest ones."""

from __future__ import annotations

from collections import OrderedDict

from quicktype.conversation import Conversation

CONVERSATIONS = 200
TURNS = 200


class Observed:
    """What was said, by the client's name for the conversation."""

    def __init__(self) -> None:
        self._conversations: OrderedDict[str, Conversation] = OrderedDict()

    def add(self, name: str, turns: Conversation) -> None:
        """Adds turns to a conversation; the one that was longest without any falls out."""
        known = self._conversations.pop(name, Conversation())
        self._conversations[name] = Conversation((*known.turns, *turns.turns)[-TURNS:])
        if len(self._conversations) > CONVERSATIONS:
            self._conversations.popitem(last=False)

    def get(self, name: str) -> Conversation | None:
        """A conversation, or None if it was never pushed or has fallen out."""
        return self._conversations.get(name)
