"""What is asked at each caret, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.evaluation.cases import Case
    from quicktype.suggestion import Candidate

WORDS = 8
"""How many words are asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The best candidate at a caret, whole; `held_back` when policy forbids to show any."""

    candidate: Candidate | None = None
    held_back: bool = False


class Subject(Protocol):
    """What is measured; asked for the carets of a message one after the other."""

    def answer(self, case: Case, caret: int) -> Answer:
        """The answer when the first `caret` characters of the message stand in the draft."""


class SubjectMaker(Protocol):
    """Makes a subject in the process that asks it; can be pickled."""

    @property
    def name(self) -> str:
        """For the table."""

    def __call__(self) -> Subject:
        """The subject; may take its time."""


def replay(subject: Subject, case: Case) -> Sequence[Answer]:
    """The answers at all carets of a message but its end."""
    return [subject.answer(case, caret) for caret in range(len(case.text))]
