"""N-grams in arrays: what may follow a context, and with which probability."""

from __future__ import annotations

import zipfile
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

BEGIN, END, UNKNOWN = range(3)
"""The first tokens of each vocabulary: a message's beginning and end, and a word not in it."""
_FIRST_WORD = 3


class NgramError(Exception):
    """A file is no table of n-grams; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Level:
    """All n-grams of one length, sorted by context and word; an n-gram's number is its place.

    `starts` [contexts + 1] says where each context's words begin; a context's number is that of an
    n-gram one level below. `left` [contexts] is what its words leave to shorter contexts.
    """

    starts: NDArray[np.int64]
    words: NDArray[np.int32]
    shares: NDArray[np.float32]
    left: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        contexts: int,
        context: NDArray[np.int64],
        words: NDArray[np.int64],
        shares: NDArray[np.float64],
    ) -> Self:
        """From n-grams that are sorted already."""
        starts = np.searchsorted(context, np.arange(contexts + 1))
        left = 1 - np.bincount(context, weights=shares, minlength=contexts)
        return cls(starts, words.astype(np.int32), shares.astype(np.float32), left.astype("f4"))

    def find(self, context: int, word: int) -> int | None:
        """The number of an n-gram."""
        begin, end = self.starts[context], self.starts[context + 1]
        place = begin + int(np.searchsorted(self.words[begin:end], word))
        return place if place < end and self.words[place] == word else None


@dataclass(frozen=True)
class NgramTable:
    """A smoothed n-gram model; `levels[n - 1]` holds the n-grams of n words."""

    vocabulary: tuple[str, ...]
    levels: tuple[Level, ...]

    @cached_property
    def _unigrams(self) -> NDArray[np.float32]:
        """[vocabulary]; what the counted words leave is shared by all alike."""
        level = self.levels[0]
        shares: NDArray[np.float32] = level.shares + level.left[0] / len(self.vocabulary)
        shares[BEGIN] = 0
        shares /= shares.sum()
        return shares

    @property
    def order(self) -> int:
        """How many words the longest n-grams have."""
        return len(self.levels)

    def number(self, token: str) -> int:
        """A token's place in the vocabulary, UNKNOWN if it has none."""
        place = bisect_left(self.vocabulary, token, lo=_FIRST_WORD)
        known = place < len(self.vocabulary) and self.vocabulary[place] == token
        return place if known else UNKNOWN

    def beginning_with(self, text: str) -> range:
        """The places of all tokens that begin with a text, which they may be."""
        begin = bisect_left(self.vocabulary, text, lo=_FIRST_WORD)
        return range(begin, bisect_left(self.vocabulary, text + "\U0010ffff", lo=_FIRST_WORD))

    def following(self, context: Sequence[int]) -> NDArray[np.float32]:
        """The probability of each token [vocabulary] after a context, of which the end counts."""
        probabilities = self._unigrams.copy()
        for length in range(1, self.order):
            if length > len(context):
                break
            number = self._gram(context[len(context) - length :])
            level = self.levels[length]
            if number is None or level.starts[number] == level.starts[number + 1]:
                break
            here = slice(level.starts[number], level.starts[number + 1])
            probabilities *= level.left[number]
            probabilities[level.words[here]] += level.shares[here]
        return probabilities

    def _gram(self, words: Sequence[int]) -> int | None:
        """The number of an n-gram among those of its length."""
        number: int | None = words[0]
        for level, word in zip(self.levels[1:], words[1:], strict=False):
            if number is None:
                return None
            number = level.find(number, word)
        return number

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        arrays: dict[str, Any] = {
            "vocabulary": np.frombuffer("\x1f".join(self.vocabulary).encode(), np.uint8)
        }
        for length, level in enumerate(self.levels, start=1):
            for name in ("starts", "words", "shares", "left"):
                arrays[f"{name}{length}"] = getattr(level, name)
        with path.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; raises NgramError."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                vocabulary = tuple(arrays["vocabulary"].tobytes().decode().split("\x1f"))
                order = sum(name.startswith("words") for name in arrays.files)
                levels = tuple(
                    Level(*(arrays[f"{name}{n}"] for name in ("starts", "words", "shares", "left")))
                    for n in range(1, order + 1)
                )
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise NgramError(f"{path} is no table of n-grams: make it anew") from error
        return cls(vocabulary, levels)
