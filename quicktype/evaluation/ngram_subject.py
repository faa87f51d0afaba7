"""Suggestions from a table of n-grams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from quicktype.evaluation.answers import WORDS, Answer
from quicktype.ngrams.table import BEGIN, END, UNKNOWN
from quicktype.ngrams.tokens import opened
from quicktype.suggestion import Candidate, Word, split_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quicktype.evaluation.cases import Case
    from quicktype.ngrams import NgramTable

_SURE_SIGN = 0.7
_HOPELESS = 0.02
"""No threshold that anybody would choose lets through what is less sure."""


@dataclass(slots=True)
class _Line:
    """Tokens as they are chosen, each with the probability of all up to it."""

    context: list[int]
    probability: float
    texts: list[str] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)

    def add(self, token: int, text: str, share: float) -> None:
        """One token more."""
        self.context.append(token)
        self.probability *= share
        if text:
            self.texts.append(text)
            self.confidences.append(self.probability)


class NgramSubject:
    """Finishes the open word in the likeliest way, and goes on along the likeliest words."""

    def __init__(self, table: NgramTable, order: int) -> None:
        self._table = table
        self._order = order

    def answer(self, case: Case, caret: int) -> Answer:
        """The likeliest line."""
        return Answer(self.suggest(case.text[:caret]))

    def suggest(self, before: str) -> Candidate | None:
        """How a message may go on."""
        whole, begun = opened(before)
        context = [BEGIN, *(self._table.number(token) for token in whole)]
        line = self._finish(context, begun)
        if line is None:
            return None
        while len(split_words("".join(line.texts))) <= WORDS and self._go_on(line):
            pass
        return _candidate(line)

    def _finish(self, context: list[int], begun: str) -> _Line | None:
        """The open token as a whole one that is longer, or as it stands and the next one."""
        following = self._following(context)
        fitting = self._table.beginning_with(begun)
        typed = float(following[fitting.start : fitting.stop].sum())
        if typed <= 0:
            return None
        exact = self._table.number(begun)
        best = None
        for token in _best_two(following[fitting.start : fitting.stop], fitting.start):
            if token != exact:
                best = _Line(list(context), 1.0)
                share = float(following[token]) / typed
                best.add(token, self._table.vocabulary[token][len(begun) :], share)
                break
        if exact == UNKNOWN:
            return best
        whole = _Line([*context, exact], float(following[exact]) / typed)
        if not self._go_on(whole) or (best and best.probability >= whole.probability):
            return best
        return whole

    def _go_on(self, line: _Line) -> bool:
        """Add the likeliest next token; False when the line is better ended."""
        following = self._following(line.context)
        token = int(following.argmax())
        text = self._table.vocabulary[token]
        share = float(following[token])
        glued = not text.startswith(" ")
        if token in (END, UNKNOWN) or (glued and line.texts and share < _SURE_SIGN):
            return False
        if line.probability * share < _HOPELESS:
            return False
        line.add(token, text, share)
        return True

    def _following(self, context: list[int]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return self._table.following(context[max(0, len(context) - self._order + 1) :])


def _best_two(shares: np.ndarray[tuple[int], np.dtype[np.float32]], start: int) -> Iterable[int]:
    count = min(2, len(shares))
    best = np.argpartition(shares, -count)[-count:]
    return [start + int(place) for place in best[np.argsort(-shares[best])]]


def _candidate(line: _Line) -> Candidate | None:
    """The line as words; a word is as sure as its last token."""
    words = []
    text = "".join(line.texts)
    ends = np.cumsum([len(part) for part in line.texts])
    position = 0
    for word in split_words(text)[:WORDS]:
        position += len(word)
        last = int(np.searchsorted(ends, position))
        words.append(Word(word, line.confidences[last]))
    return Candidate(tuple(words)) if words else None
