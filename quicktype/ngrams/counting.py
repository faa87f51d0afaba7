"""Counting n-grams of a corpus into a table.

Interpolated Kneser-Ney with three discounts a level (Chen and Goodman, "An Empirical Study of
Smoothing Techniques for Language Modeling", 1998, section 3.2):

    P(w | c) = max(n(c w) - D(n(c w)), 0) / n(c) + (what is left) * P(w | c without its first word)

where `n` counts, below the highest level, how many different words stand before. An n-gram gets a
number by sorting the pairs (number of its first words, last word), so that no level needs more than
64 bits for a key.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from quicktype.ngrams.table import BEGIN, END, UNKNOWN, Level, NgramTable
from quicktype.ngrams.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

_SPECIAL = ("", "\n", "\0")
"""The texts of BEGIN, END and UNKNOWN, which no token has."""
_BATCH = 100_000
_TOO_FEW_TO_TELL = (0.0, 0.5, 1.0, 1.5)
"""Discounts for a corpus in which no n-gram occurs once, twice, three or four times."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """All n-grams of one length, by number; `before` counts the words that stand before each."""

    contexts: Ids
    words: Ids
    raw: Ids
    opening: NDArray[np.bool_]
    """Whether it begins with the beginning of a message."""


def count(
    messages: Iterable[str],
    order: int = 5,
    max_vocabulary: int = 60_000,
    rare: int = 2,
    progress: Callable[[str], None] = lambda _: None,
) -> NgramTable:
    """The table of a corpus, without the n-grams of two and more words that are `rare`r than that.

    Takes about 100 bytes of memory a word of the corpus.
    """
    progress("cutting into words")
    vocabulary, corpus = _encode(messages, order, max_vocabulary)
    size = len(vocabulary)
    positions = corpus.astype(np.int64)
    everything = np.arange(size)
    counted = [
        _Counted(
            np.zeros(size, np.int64),
            everything,
            np.bincount(positions, minlength=size),
            everything == BEGIN,
        )
    ]
    before = []
    for length in range(2, order + 1):
        progress(f"counting {length} words in a row")
        grams, positions, suffixes = _longer(counted[-1], positions, corpus, size)
        before.append(np.bincount(suffixes, minlength=len(counted[-1].words)))
        counted.append(grams)
    before.append(counted[-1].raw)
    progress("smoothing")
    return NgramTable(vocabulary, tuple(_smoothed(counted, before, rare)))


def _encode(
    messages: Iterable[str], order: int, max_vocabulary: int
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The vocabulary, and the corpus in its numbers, each message with its beginning and end."""
    numbers: dict[str, int] = {}
    counts: Counter[int] = Counter()
    parts = []
    iterator = iter(messages)
    while batch := list(islice(iterator, _BATCH)):
        ids: list[int] = []
        for message in batch:
            ids += [-1] * (order - 1)
            ids += [numbers.setdefault(token, len(numbers)) for token in tokens(message)]
            ids.append(-2)
        parts.append(np.array(ids, np.int32))
        counts.update(number for number in ids if number >= 0)
    chosen = {number for number, _ in counts.most_common(max_vocabulary)}
    words = sorted(token for token, number in numbers.items() if number in chosen)
    vocabulary = (*_SPECIAL, *words)
    table = np.full(len(numbers) + 2, UNKNOWN, np.int32)
    for place, word in enumerate(words, start=len(_SPECIAL)):
        table[numbers[word]] = place
    table[-1], table[-2] = BEGIN, END
    corpus = np.concatenate(parts) if parts else np.empty(0, np.int32)
    return vocabulary, table[corpus]


def _longer(
    shorter: _Counted, positions: Ids, corpus: NDArray[np.int32], size: int
) -> tuple[_Counted, Ids, Ids]:
    """The n-grams that are a word longer, their numbers by position, and those of their ends."""
    keys = positions[:-1] * size + corpus[len(corpus) - len(positions) + 1 :]
    unique, first, numbers, raw = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    contexts = unique // size
    grams = _Counted(contexts, unique % size, raw, shorter.opening[contexts])
    return grams, numbers, positions[1:][first]


def _smoothed(counted: list[_Counted], before: list[Ids], rare: int) -> Iterable[Level]:
    kept = np.arange(len(counted[0].words))
    for length, (grams, continuations) in enumerate(zip(counted, before, strict=True), start=1):
        counts = np.where(grams.opening, grams.raw, continuations)
        counts[grams.words == BEGIN] = 0
        shares = _discounted(grams.contexts, counts)
        keep = (counts > 0) if length > 1 else np.ones(len(counts), np.bool_)
        if length > 1:
            keep &= (grams.raw >= rare) & (kept[grams.contexts] >= 0)
        contexts = kept[grams.contexts[keep]] if length > 1 else grams.contexts
        yield Level.of(
            1 if length == 1 else int(kept.max(initial=-1)) + 1,
            contexts,
            grams.words[keep],
            shares[keep],
        )
        kept = np.where(keep, np.cumsum(keep) - 1, -1)


def _discounted(contexts: Ids, counts: Ids) -> NDArray[np.float64]:
    """(count - discount) / the context's sum of counts."""
    totals = np.bincount(contexts, weights=counts)
    shares: NDArray[np.float64] = counts - _discounts(counts)[np.minimum(counts, 3)]
    shares /= np.maximum(totals[contexts], 1.0)
    return shares


def _discounts(counts: Ids) -> NDArray[np.float64]:
    """What is taken off counts of 0, 1, 2, and 3 or more."""
    of = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)
    if not of.all():
        return np.array(_TOO_FEW_TO_TELL)
    share = of[0] / (of[0] + 2 * of[1])
    number = np.arange(1, 4)
    return np.concatenate([[0.0], np.maximum(number - (number + 1) * share * of[1:] / of[:3], 0)])
