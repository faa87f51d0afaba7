"""What a completer is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation
from quicktype.draft import Draft
from quicktype.protocol import MAX_CANDIDATES, MAX_WORDS, Timing

if TYPE_CHECKING:
    from quicktype.suggestion import Candidate
    from quicktype.trigger import Suppression


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question: how does `speaker` go on with `draft` in `conversation`?

    `deadline_ms` counts from the call; `gate` cuts the answer to what is worth showing: to words
    that are at least as sure as `threshold`, or as our own measure where that is None.
    `dismissed` is the draft at which a suggestion was last dismissed. Raises ValueError for limits
    out of range.
    """

    conversation: Conversation = field(default_factory=Conversation)
    speaker: str = ""
    draft: Draft = field(default_factory=Draft)
    candidates: int = 3
    words: int = 8
    deadline_ms: float | None = None
    gate: bool = True
    threshold: float | None = None
    app: str | None = None
    partner: str | None = None
    dismissed: Draft | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.candidates <= MAX_CANDIDATES:
            raise ValueError(f"candidates must be 1 to {MAX_CANDIDATES}, not {self.candidates}")
        if not 1 <= self.words <= MAX_WORDS:
            raise ValueError(f"words must be 1 to {MAX_WORDS}, not {self.words}")


class Reason(StrEnum):
    """Why an answer ended; the values are those on the wire."""

    COMPLETE = "complete"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer: candidates, best first, or the reason why there is none."""

    candidates: tuple[Candidate, ...]
    suppression: Suppression | None
    reason: Reason
    timing: Timing
