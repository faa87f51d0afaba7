"""The words that may stand next at the caret, as n-grams have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quicktype.ngrams.table import BEGIN, END, UNKNOWN
from quicktype.ngrams.tokens import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quicktype.ngrams.table import NgramTable

_MANY = 12


class NgramWords:
    """Asks a table how a draft goes on."""

    def __init__(self, table: NgramTable) -> None:
        self._table = table

    def next_words(self, before: str) -> dict[str, float]:
        """The likeliest texts that end the open word, or come next, with their probabilities."""
        whole, begun = opened(before)
        context = [BEGIN, *(self._table.number(token) for token in whole)]
        following = self._following(context)
        fitting = self._table.beginning_with(begun)
        shares = following[fitting.start : fitting.stop]
        typed = float(shares.sum())
        if typed <= 0:
            return {}
        found: dict[str, float] = {}
        for place in _largest(shares):
            text = self._table.vocabulary[fitting.start + place][len(begun) :]
            if text:
                found[text] = float(shares[place]) / typed
        exact = self._table.number(begun)
        if exact != UNKNOWN:
            stands = float(following[exact]) / typed
            after = self._following([*context, exact])
            for token in _largest(after):
                if token not in (BEGIN, END, UNKNOWN):
                    text = self._table.vocabulary[token]
                    found[text] = found.get(text, 0.0) + stands * float(after[token])
        return found

    def _following(self, context: list[int]) -> NDArray[np.float32]:
        return self._table.following(context[-(self._table.order - 1) :])


def _largest(shares: NDArray[np.float32]) -> list[int]:
    if len(shares) <= _MANY:
        return list(range(len(shares)))
    return [int(place) for place in np.argpartition(shares, -_MANY)[-_MANY:]]
