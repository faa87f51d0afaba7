"""What the daemon is told: messages made of what is known here and now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype import protocol
from quicktype.conversation import Conversation
from ui.core.rules import Eagerness

if TYPE_CHECKING:
    from quicktype.draft import Draft
    from ui.core.settings import Suggesting
    from ui.platform.interface import Field, ScreenConversation

THRESHOLDS = {Eagerness.CAREFUL: 0.75, Eagerness.NORMAL: None, Eagerness.EAGER: 0.4}
"""How sure a word must be to be shown; None is the daemon's own measure."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation that the user takes part in, as far as it is known."""

    turns: Conversation
    speaker: str
    app: str | None
    partner: str | None


def talk(field: Field, screen: ScreenConversation | None, my_name: str) -> Talk:
    """What is known of the conversation around a field."""
    known = screen.me if screen is not None else ""
    return Talk(
        screen.conversation if screen is not None else Conversation(),
        known or my_name or "me",
        field.app.name or None,
        (screen.partner or None) if screen is not None else None,
    )


def complete(
    number: int,
    draft: Draft,
    talk: Talk,
    suggesting: Suggesting,
    eagerness: Eagerness,
    *,
    wanted: bool,
) -> protocol.Complete:
    """The question how a draft goes on; `wanted`: the user asked, so nothing is held back."""
    threshold = None if wanted else THRESHOLDS[eagerness]
    return protocol.Complete(
        id=number,
        speaker=talk.speaker,
        draft=draft,
        conversation=talk.turns,
        app=talk.app,
        partner=talk.partner,
        limits=protocol.Limits(suggesting.candidates, suggesting.words, threshold=threshold),
        gate=not wanted,
    )


def learn(text: str, talk: Talk) -> protocol.Learn:
    """A message that was sent."""
    return protocol.Learn(text, talk.speaker, talk.turns, talk.app, talk.partner)


def prepare(talk: Talk) -> protocol.Prepare:
    """A message that arrived."""
    return protocol.Prepare(talk.speaker, talk.turns)
