"""From turns to messages: who has which role, and what stands around each text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.prompt.template import SPEAKER, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quicktype.conversation import Conversation, Turn
    from quicktype.prompt.template import Parts, PromptTemplate

_LINE_BREAKS = dict.fromkeys(map(ord, "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")


_NOBODY = "Me"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt: its text, and what stands before and behind it."""

    opening: Parts
    text: str
    closing: Parts


def render(conversation: Conversation, me: str, template: PromptTemplate) -> list[Message]:
    """The conversation's messages, oldest first, as seen by `me`.

    For a draft, render the conversation with the draft as its last turn, and leave what closes
    that one out.
    """
    roles = _roles(conversation.speakers(), me, template)
    messages: list[Message] = []
    said_by = None
    for turn in conversation.turns:
        role = roles[turn.speaker]
        text = turn.text.translate(_LINE_BREAKS) if template.one_line else turn.text
        if template.alternates and role is said_by:
            text = f"{messages.pop().text} {text}"
        said_by = role
        messages.append(_message(role, turn, text))
    return messages


def _message(role: Role, turn: Turn, text: str) -> Message:
    name = turn.speaker.translate(_LINE_BREAKS) or _NOBODY
    opening = tuple(p.replace(SPEAKER, name) if isinstance(p, str) else p for p in role.opening)
    return Message(opening, text, role.closing)


def _roles(speakers: Iterable[str], me: str, template: PromptTemplate) -> dict[str, Role]:
    """Each speaker's role; `speakers` in order of first appearance."""
    speakers = list(speakers)
    if template.ordered:
        first, second = template.roles
        mine, theirs = (first, second) if speakers[:1] == [me] else (second, first)
        return {speaker: mine if speaker == me else theirs for speaker in speakers}
    roles = {me: template.me}
    for speaker in speakers:
        if speaker not in roles:
            number = min(len(roles), len(template.others))
            roles[speaker] = template.others[number - 1]
    return roles
