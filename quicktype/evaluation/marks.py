"""What does not depend on a threshold: whether the next words are right, and how sure is sure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from quicktype.evaluation.typist import right_words
from quicktype.suggestion import split_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quicktype.evaluation.answers import Answer

LETTERS = (0, 1, 2, 3)
"""How many letters of a word are typed."""
WORDS = (1, 2, 3)
"""How many words must be right."""
BINS = 20


@dataclass(slots=True)
class Marks:
    """Sums over messages.

    `matches` and `chances` are [letters, words]: how often the next words were right, and could
    have been. `sure` and `right` and `count` are [bins] over the confidence of every word.
    """

    matches: NDArray[np.int64] = field(default_factory=lambda: _table(LETTERS, WORDS))
    chances: NDArray[np.int64] = field(default_factory=lambda: _table(LETTERS, WORDS))
    sure: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    right: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    count: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))

    def add(self, text: str, answers: Sequence[Answer]) -> None:
        """Count one message."""
        self._match(text, answers)
        for caret, answer in enumerate(answers):
            if answer.candidate is None:
                continue
            right = right_words(answer.candidate, text[caret:])
            for number, word in enumerate(answer.candidate.words):
                place = min(int(word.confidence * BINS), BINS - 1)
                self.sure[place] += word.confidence
                self.right[place] += number < right
                self.count[place] += 1

    def join(self, other: Marks) -> None:
        """Count what another has counted."""
        for name in ("matches", "chances", "sure", "right", "count"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def exact(self) -> NDArray[np.float64]:
        """The share of right words, [letters, words]."""
        return self.matches / np.maximum(self.chances, 1)

    def calibration_error(self, least: float = 0.0) -> float:
        """The expected calibration error over words that are at least so sure.

        The mean over words of |confidence - share right| in their bin (Naeini and others, 2015).
        """
        bins = slice(round(least * BINS), None)
        distance = np.abs(self.sure[bins] - self.right[bins])
        return float(distance.sum() / max(1, self.count[bins].sum()))

    def _match(self, text: str, answers: Sequence[Answer]) -> None:
        words = split_words(text)
        start = 0
        for place, word in enumerate(words):
            begin = start + len(word) - len(word.lstrip())
            start += len(word)
            for letters in LETTERS:
                if letters >= len(word.lstrip()):
                    break
                candidate = answers[begin + letters].candidate
                said = split_words(candidate.text) if candidate else []
                rest = [text[begin + letters : start], *words[place + 1 :]]
                for column, count in enumerate(WORDS):
                    if count <= len(rest):
                        self.chances[letters, column] += 1
                        self.matches[letters, column] += _says(said[:count], rest[:count])


def _says(said: list[str], wanted: list[str]) -> bool:
    """Whether words are the wanted ones; signs behind the last may be missing, not wrong."""
    if len(said) != len(wanted):
        return False
    *whole, last = wanted
    if said[:-1] != whole or not last.startswith(said[-1]):
        return False
    return not any(char.isalnum() for char in last[len(said[-1]) :])


def _table(rows: Sequence[int], columns: Sequence[int]) -> NDArray[np.int64]:
    return np.zeros((len(rows), len(columns)), np.int64)
