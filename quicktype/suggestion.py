"""What is suggested at the caret, and what becomes of it as the user types."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quicktype.draft import Draft

_WORD = re.compile(r"\s*\S+(?:\s+\Z)?|\s+\Z")


def split_words(text: str) -> list[str]:
    """The words of a text, which joined are the text.

    A word is a run without whitespace with the whitespace before it; whitespace at the end belongs
    to the last word.
    """
    return _WORD.findall(text)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a candidate, and how sure it is.

    `confidence` is the probability that everything up to and including this word is what the user
    will type, so it never rises from a word to the next.
    """

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One text that could go in at the caret, as words; raises ValueError when they are none."""

    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        texts = [word.text for word in self.words]
        if not texts or split_words("".join(texts)) != texts:
            raise ValueError(f"no words of a candidate: {texts}")
        confidences = [1.0, *(word.confidence for word in self.words)]
        if not all(0 <= last <= one for one, last in pairwise(confidences)):
            raise ValueError(f"confidences must fall from 1 towards 0: {confidences[1:]}")

    @property
    def text(self) -> str:
        """Exactly what goes in at the caret."""
        return "".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The probability that the user will type all of it."""
        return self.words[-1].confidence

    def head(self, words: int) -> str:
        """The text of the first `words` words."""
        return "".join(word.text for word in self.words[:words])

    def without(self, typed: str) -> Candidate | None:
        """What is left once `typed` stands in the draft; None if it differs or nothing is left.

        Words that were typed whole are certain now, so what follows them becomes more likely.
        """
        if not self.text.startswith(typed) or len(typed) == len(self.text):
            return None
        rest, certain, words = len(typed), 1.0, []
        for word in self.words:
            if rest >= len(word.text):
                rest -= len(word.text)
                certain = word.confidence
            else:
                words.append(Word(word.text[rest:], _ratio(word.confidence, certain)))
                rest = 0
        return Candidate(tuple(words))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Candidates for one draft, best first; the first is what the overlay shows."""

    draft: Draft
    candidates: tuple[Candidate, ...]

    def __post_init__(self) -> None:
        if not self.candidates:
            raise ValueError("a suggestion has at least one candidate")

    @property
    def shown(self) -> Candidate:
        """The candidate at the caret."""
        return self.candidates[0]

    def advance(self, draft: Draft) -> Suggestion | None:
        """The suggestion for a later draft, or None when it no longer fits.

        Candidates lose what was typed along. The best one that still fits is shown, so a lower
        one is promoted when the typed letter is its own. Once the shown one is typed to its end
        there is nothing to show; the model is to be asked again.
        """
        if draft.after != self.draft.after or not draft.before.startswith(self.draft.before):
            return None
        typed = draft.before[len(self.draft.before) :]
        if not typed:
            return self
        fitting = [candidate for candidate in self.candidates if candidate.text.startswith(typed)]
        if not fitting or fitting[0].text == typed:
            return None
        excluded = sum(c.words[0].confidence for c in self.candidates if c not in fitting)
        left = [candidate.without(typed) for candidate in fitting]
        return Suggestion(draft, tuple(_given(c, 1 - excluded) for c in left if c is not None))

    def cycle(self) -> Suggestion:
        """The same with the next candidate shown, and the shown one behind all others."""
        return replace(self, candidates=(*self.candidates[1:], self.candidates[0]))


def _ratio(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else part


def _given(candidate: Candidate, remaining: float) -> Candidate:
    """The candidate once others, which left the probability `remaining`, have turned out wrong."""
    words = (
        replace(word, confidence=_ratio(word.confidence, remaining)) for word in candidate.words
    )
    return Candidate(tuple(words))
