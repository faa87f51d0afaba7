"""The work that is measured, told once for every program that is to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PREFILL, CACHED, NEW, CANDIDATES, WORDS = 128, 100, 3, 4, 8
"""Tokens to prefill; of a request: tokens cached, tokens new, candidates, tokens of each."""
CHAIN = 16
"""Decode steps in a turn."""
WARM_UP = 8
"""Steps before those that count: so many passes it takes until a cache that is shared with others
holds the weights again."""
_REPEATS = 3
"""Prefills or requests in a turn."""

Work = Callable[["Reader", np.random.Generator], list[float]]
"""One turn of a work: the seconds that each of its repetitions took."""


class Reader(Protocol):
    """A program with a model and a KV cache, in three verbs.

    Each gives float32 logits ``[vocab]`` for the tokens that it read last, valid until the next
    call: one row from `read`, one row for each branch from the others.
    """

    vocab: int

    def read(self, text: Sequence[int]) -> NDArray[np.float32]:
        """Read a text, computing only what it has not in common with the beginning of the last one.

        Branches are dropped.
        """
        ...

    def branch(self, tokens: Sequence[int]) -> Iterable[NDArray[np.float32]]:
        """Begin a branch of the text with each of these tokens."""
        ...

    def extend(self, tokens: Sequence[int]) -> Iterable[NDArray[np.float32]]:
        """Carry each branch on by one token."""
        ...


def decode(reader: Reader, random: np.random.Generator) -> list[float]:
    """One token of one text, with 100 to 116 tokens in the cache, while decoding goes on."""
    return _steps(reader, random, branches=1, count=CHAIN)


def branch4(reader: Reader, random: np.random.Generator) -> list[float]:
    """One token of each of four branches, with 100 to 108 tokens in each."""
    return _steps(reader, random, branches=CANDIDATES, count=WORDS)


def prefill(reader: Reader, random: np.random.Generator) -> list[float]:
    """128 tokens that have nothing in common with those before."""
    taken = []
    for first in range(1, 1 + _REPEATS):
        text = [first, *_tokens(reader, random, PREFILL - 1)]
        begun = perf_counter()
        reader.read(text)
        taken.append(perf_counter() - begun)
    return taken


def request(reader: Reader, random: np.random.Generator) -> list[float]:
    """3 new tokens on 100 cached ones, then 4 candidates of 8 tokens: what a key costs."""
    cached = _tokens(reader, random, CACHED)
    reader.read(cached)
    taken = []
    for first in range(1, 1 + _REPEATS):
        text = [*cached, first, *_tokens(reader, random, NEW - 1)]
        begun = perf_counter()
        complete(reader, text)
        taken.append(perf_counter() - begun)
    return taken


def complete(reader: Reader, text: Sequence[int]) -> list[list[int]]:
    """The four likeliest first tokens, each carried on greedily to eight, in order of their ids."""
    logits = reader.read(text)
    best = sorted(np.argpartition(logits, -CANDIDATES)[-CANDIDATES:].tolist())
    steps, rows = [best], reader.branch(best)
    for _ in range(WORDS - 1):
        steps.append([int(row.argmax()) for row in rows])
        rows = reader.extend(steps[-1])
    return [list(words) for words in zip(*steps, strict=True)]


WORKS: Mapping[str, Work] = {
    "decode": decode,
    "prefill": prefill,
    "branch4": branch4,
    "request": request,
}
"""Every work by its name in the results."""


def turn(reader: Reader, work: str, seed: int) -> list[float]:
    """One turn of a work; the seed draws the tokens, the same ones for all readers of a model."""
    return WORKS[work](reader, np.random.default_rng(seed))


def _steps(
    reader: Reader, random: np.random.Generator, *, branches: int, count: int
) -> list[float]:
    reader.read(_tokens(reader, random, CACHED - WARM_UP))
    reader.branch(_tokens(reader, random, branches))
    taken = []
    for _ in range(WARM_UP - 1 + count):
        tokens = _tokens(reader, random, branches)
        begun = perf_counter()
        reader.extend(tokens)
        taken.append(perf_counter() - begun)
    return taken[WARM_UP - 1 :]


def _tokens(reader: Reader, random: np.random.Generator, count: int) -> list[int]:
    drawn: list[int] = random.integers(0, reader.vocab, count).tolist()
    return drawn
