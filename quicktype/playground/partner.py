"""Who answers in the playground: an interface, free of models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Cue:
    """It is `speaker`'s turn in a conversation that `me` sees."""

    number: int
    conversation: Conversation
    me: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """All that the partner has said by now at the cue of that number."""

    number: int
    text: str = ""
    over: bool = False
    trouble: str | None = None
    """Why nothing comes, or what it waits for."""


class Partner(Protocol):
    """Answers cues from a thread of its own; a newer cue supersedes the older."""

    def start(self, on_spoken: Callable[[Spoken], None]) -> None:
        """Begins; `on_spoken` is called from another thread."""

    def cue(self, cue: Cue) -> None:
        """Gives the partner the word; returns at once."""

    def close(self) -> None:
        """Ends; nothing is said after this."""
