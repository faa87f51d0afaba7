"""The one renderer of conversations, for training and for use.

A conversation becomes a row of segments: a marker token, then text, for each turn::

    <s> <o1> are we still on for dinner? <eom> <me> yes! how about

The person who types is always ``<me>``; the others are numbered by their first appearance, and all
from the last numbered one on share its marker. Only text and end markers are ever predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quicktype.conversation import Conversation


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """The marker tokens that structure a prompt; it travels inside the weights file."""

    begin: str = "<s>"
    me: str = "<me>"
    others: tuple[str, ...] = ("<o1>", "<o2>", "<o3>", "<o4>", "<o5>", "<o6>", "<o7>")
    end: str = "<eom>"

    @property
    def roles(self) -> tuple[str, ...]:
        """The markers that open a turn."""
        return (self.me, *self.others)

    def to_json(self) -> dict[str, Any]:
        """The template as plain JSON values."""
        return {"begin": self.begin, "me": self.me, "others": list(self.others), "end": self.end}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PromptTemplate:
        """The inverse of `to_json`; raises ValueError when a field is missing or not text."""
        try:
            template = cls(value["begin"], value["me"], tuple(value["others"]), value["end"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"the prompt template lacks a field: {error}") from error
        markers = (template.begin, *template.roles, template.end)
        if not template.others or not all(isinstance(m, str) and m for m in markers):
            raise ValueError("the prompt template's markers must be non-empty texts")
        return template


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt: its role marker and its text; `end` is None while it is being typed."""

    role: str
    text: str
    end: str | None


def roles_of(speakers: Iterable[str], me: str, template: PromptTemplate) -> dict[str, str]:
    """Each speaker's role marker; `speakers` in order of first appearance."""
    roles = {me: template.me}
    for speaker in speakers:
        if speaker not in roles:
            number = min(len(roles), len(template.others))
            roles[speaker] = template.others[number - 1]
    return roles


def render(conversation: Conversation, me: str, template: PromptTemplate) -> list[Message]:
    """The conversation's messages, oldest first, as seen by `me`."""
    roles = roles_of(conversation.speakers(), me, template)
    return [Message(roles[turn.speaker], turn.text, template.end) for turn in conversation.turns]
