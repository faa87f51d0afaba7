"""What is offered at the caret: the question that was asked, its answers, and what fits now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.suggestion import Candidate, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quicktype.draft import Draft
    from quicktype.suggestion import Word

_LEAST = 2
"""A suggestion of a single character costs more to read than to type."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: about this draft, at this time, and how sure an answer must be."""

    number: int
    draft: Draft
    at: float
    threshold: float = 0.0


class Offer:
    """The suggestion for one field, free of fields, keys and clocks.

    An answer counts only for the newest question. A draft that goes on along the suggestion
    consumes it; any other ends it. A draft is asked about once: `settle` says when to ask.
    """

    def __init__(self) -> None:
        self.suggestion: Suggestion | None = None
        self.source = 0
        """The number of the question that brought the suggestion."""
        self.question: Question | None = None
        """The one that is open."""
        self._known: Draft | None = None
        """The draft that was asked about last, or that is to be left alone."""
        self._chosen = False

    def settle(self, draft: Draft) -> bool:
        """The draft is this now; gives whether a suggestion is wanted for it."""
        self.suggestion = self.suggestion.advance(draft) if self.suggestion else None
        return self.suggestion is None and draft != self._known

    def passed(self, draft: Draft) -> None:
        """The draft was this on its way: if it comes back to what is known, it may be asked."""
        if draft != self._known:
            self._known = None

    def fits(self, draft: Draft) -> bool:
        """Whether the suggestion goes on this draft, too."""
        return self.suggestion is not None and self.suggestion.advance(draft) is not None

    def ask(self, question: Question) -> None:
        """This is asked now; whatever was asked before does not count any more."""
        self.question = question
        self._known = question.draft
        self._chosen = False

    def answer(self, candidates: Iterable[Candidate], draft: Draft) -> bool:
        """An answer to the open question; gives whether another suggestion holds now."""
        if self.question is None or self._chosen:
            return False
        worth = presentable(candidates, self.question.threshold)
        fresh = Suggestion(self.question.draft, worth).advance(draft) if worth else None
        if fresh is None or fresh == self.suggestion:
            return False
        self.suggestion, self.source = fresh, self.question.number
        return True

    def close(self, *, found: bool) -> None:
        """The open question has its last answer; an older suggestion ends when there is none."""
        self.question = None
        if not found and not self._chosen:
            self.suggestion = None

    def cycle(self) -> bool:
        """The next candidate; later answers do not change the user's choice."""
        if self.suggestion is None or len(self.suggestion.candidates) < 2:
            return False
        self.suggestion = self.suggestion.cycle()
        self._chosen = True
        return True

    def drop(self) -> None:
        """Nothing is offered; the open question's answer may still come."""
        self.suggestion = None

    def silence(self, draft: Draft) -> None:
        """Nothing is offered or asked about this draft until it changes."""
        self.suggestion = None
        self.question = None
        self._known = draft

    def renew(self) -> None:
        """What is known is out of date: the draft may be asked about again."""
        self._known = None

    def forget(self) -> None:
        """Nothing is offered, asked or known."""
        self.suggestion = None
        self.question = None
        self._known = None


def presentable(candidates: Iterable[Candidate], threshold: float) -> tuple[Candidate, ...]:
    """The candidates cut where they stop being sure, and before anything that is no plain text.

    A line break in a chat's field would send the message, so none ever goes in.
    """
    shown: list[Candidate] = []
    left = 1.0
    for candidate in candidates:
        words = _head(candidate.words, threshold * left)
        if len("".join(word.text for word in words)) >= _LEAST:
            shown.append(Candidate(words))
        elif not shown:
            return ()
        left = max(0.0, left - candidate.words[0].confidence)
    return tuple(dict.fromkeys(shown))


def _head(words: tuple[Word, ...], threshold: float) -> tuple[Word, ...]:
    count = 0
    for word in words:
        if word.confidence < threshold or not _plain(word.text):
            break
        count += 1
    return words[:count]


def _plain(text: str) -> bool:
    return text.isprintable()
