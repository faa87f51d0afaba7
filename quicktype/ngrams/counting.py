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


@dataclass(slots=True)
class _Counted:
    """All n-grams of one length, by number."""

    contexts: Ids
    words: Ids
    raw: Ids
    """How often each occurs."""
    ends: Ids
    """The number of each without its first word."""
    opening: NDArray[np.bool_]
    """Whether it begins with the beginning of a message."""
    counts: Ids
    """What its probability is made of."""


def count(
    messages: Iterable[str],
    order: int = 5,
    max_vocabulary: int = 60_000,
    rare: int = 2,
    keep: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> NgramTable:
    """The table of a corpus, without the n-grams of two and more words that are `rare`r than that.

    With `keep`, only about so many of these stay: those that are missed most, by how often they
    occur and how much less probable they would be without (Stolcke, "Entropy-based Pruning of
    Backoff Language Models", 1998). Takes about 100 bytes of memory a word of the corpus.
    """
    progress("cutting into words")
    vocabulary, corpus = _encode(messages, max_vocabulary)
    size = len(vocabulary)
    positions = corpus.astype(np.int64)
    everything = np.arange(size)
    once = np.zeros(size, np.int64)
    raw = np.bincount(positions, minlength=size)
    counted = [_Counted(once, everything, raw, once, everything == BEGIN, raw)]
    for length in range(2, order + 1):
        progress(f"counting {length} words in a row")
        grams, positions = _longer(counted[-1], positions, corpus, size)
        shorter = counted[-1]
        before = np.bincount(grams.ends, minlength=len(shorter.words))
        shorter.counts = np.where(shorter.opening, shorter.raw, before)
        counted.append(grams)
    progress("smoothing")
    return NgramTable(vocabulary, tuple(_smoothed(counted, rare, keep)))


def _encode(
    messages: Iterable[str], max_vocabulary: int
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """The vocabulary, and the corpus in its numbers, each message with its beginning and end."""
    numbers: dict[str, int] = {}
    counts: Counter[int] = Counter()
    parts = []
    iterator = iter(messages)
    while batch := list(islice(iterator, _BATCH)):
        ids: list[int] = []
        for message in batch:
            ids.append(-1)
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
) -> tuple[_Counted, Ids]:
    """The n-grams that are a word longer, and their numbers by position."""
    keys = positions[:-1] * size + corpus[len(corpus) - len(positions) + 1 :]
    unique, first, numbers, raw = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    contexts = unique // size
    ends = positions[1:][first]
    return _Counted(contexts, unique % size, raw, ends, shorter.opening[contexts], raw), numbers


def _smoothed(counted: list[_Counted], rare: int, keep: int | None) -> Iterable[Level]:
    """The levels, of the n-grams that are kept and whose contexts are."""
    shares = [_shares(grams) for grams in counted]
    losses = _losses(counted, shares)
    wanted = [(grams.raw >= rare) & (grams.words != BEGIN) for grams in counted]
    least = _least(losses, wanted, keep)
    yield Level.of(counted[0].contexts, counted[0].words, shares[0])
    kept = np.arange(len(counted[0].words))
    for grams, loss, want, share in zip(
        counted[1:], losses[1:], wanted[1:], shares[1:], strict=True
    ):
        stays = want & (loss >= least) & (kept[grams.contexts] >= 0)
        yield Level.of(kept[grams.contexts[stays]], grams.words[stays], share[stays])
        kept = np.where(stays, np.cumsum(stays) - 1, -1)


def _shares(grams: _Counted) -> NDArray[np.float64]:
    counts = np.where(grams.words == BEGIN, 0, grams.counts)
    return _discounted(grams.contexts, counts)


def _losses(
    counted: list[_Counted], shares: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """How much worse the whole corpus would be foretold without each n-gram, in nats."""
    probabilities = shares[0] + (1 - shares[0].sum()) / len(shares[0])
    losses = [np.full(len(shares[0]), np.inf)]
    for grams, share in zip(counted[1:], shares[1:], strict=True):
        left = 1 - np.bincount(grams.contexts, weights=share)
        without = left[grams.contexts] * probabilities[grams.ends]
        probabilities = share + without
        losses.append(grams.raw * np.log(probabilities / np.maximum(without, 1e-12)))
    return losses


def _least(
    losses: list[NDArray[np.float64]], wanted: list[NDArray[np.bool_]], keep: int | None
) -> float:
    """What an n-gram's loss must be for it to be among those that are kept."""
    found = np.concatenate(
        [loss[want] for loss, want in zip(losses[1:], wanted[1:], strict=True)] or [np.empty(0)]
    )
    if keep is None or keep >= len(found):
        return -np.inf
    return float(np.partition(found, len(found) - keep)[len(found) - keep]) if keep else np.inf


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
