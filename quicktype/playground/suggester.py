"""Where the playground's suggestions come from: an interface, free of daemons and of engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.conversation import Conversation
    from quicktype.draft import Draft
    from quicktype.suggestion import Candidate


@dataclass(frozen=True, slots=True)
class Question:
    """What could come next in this draft? With `gate` only what is worth showing."""

    number: int
    conversation: Conversation
    speaker: str
    draft: Draft
    gate: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates for the question of that number; `milliseconds` is known with the final ones."""

    number: int
    candidates: tuple[Candidate, ...] = ()
    milliseconds: float | None = None
    silence: str | None = None
    """Why there are no candidates: a suppression, or an error in words."""


class Suggester(Protocol):
    """Answers questions from a thread of its own; a newer question supersedes the older."""

    source: str
    """What answers, for people: "the daemon", say."""

    def start(self, on_answer: Callable[[Answer], None]) -> None:
        """Begins; `on_answer` is called from another thread."""

    def ask(self, question: Question) -> None:
        """Asks; returns at once."""

    def feedback(self, question: Question, event: str, text: str) -> None:
        """Tells what became of a suggestion; returns at once."""

    def close(self) -> None:
        """Ends; no answer comes after this."""
