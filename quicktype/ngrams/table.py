"""N-grams in arrays: what may follow a context, and with which probability.

A table is a file that is mapped, not read: a question touches a few pages of it. So that it stays
small, probabilities are kept in one byte each, in steps of five percent, and made to add up to one
again when they are asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import container

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

BEGIN, END, UNKNOWN = range(3)
"""The first tokens of each vocabulary: a message's beginning and end, and a word not in it."""
FORMAT = "quicktype-ngrams-1"
_FIRST_WORD = 3
_STEP = 0.05
_SHARES = np.exp(-_STEP * np.arange(256)).astype(np.float32)
_SHARES[-1] = 0
_TYPES = {"contexts": "<i4", "starts": "<i4", "words": "<u2", "shares": "u1", "left": "u1"}
_SEPARATOR = "\x1f"


class NgramError(Exception):
    """A file is no table of n-grams; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Level:
    """All n-grams of one length, sorted by context and word; an n-gram's number is its place.

    `contexts` are the numbers, one level below, of those that something is known to follow;
    `starts` [contexts + 1] says where the words of each begin, and `left` [contexts] what these
    leave to shorter contexts. Shares are codes: code c is ``exp(-c / 20)``, and 255 is nothing.
    """

    contexts: NDArray[np.int32]
    starts: NDArray[np.int32]
    words: NDArray[np.uint16]
    shares: NDArray[np.uint8]
    left: NDArray[np.uint8]

    @classmethod
    def of(
        cls, context: NDArray[np.int64], words: NDArray[np.int64], shares: NDArray[np.float64]
    ) -> Self:
        """From n-grams that are sorted already, with the numbers of their contexts."""
        contexts, starts = np.unique(context, return_index=True)
        left = 1 - np.add.reduceat(shares, starts) if len(shares) else shares
        return cls(
            contexts.astype(np.int32),
            np.append(starts, len(words)).astype(np.int32),
            words.astype(np.uint16),
            _codes(shares),
            _codes(left),
        )

    def place(self, context: int) -> int | None:
        """Where a context stands among those that something follows."""
        place = int(np.searchsorted(self.contexts, context))
        known = place < len(self.contexts) and self.contexts[place] == context
        return place if known else None

    def find(self, context: int, word: int) -> int | None:
        """The number of an n-gram."""
        place = self.place(context)
        if place is None:
            return None
        begin, end = int(self.starts[place]), int(self.starts[place + 1])
        number = begin + int(np.searchsorted(self.words[begin:end], word))
        return number if number < end and self.words[number] == word else None


@dataclass(frozen=True)
class NgramTable:
    """A smoothed n-gram model; `levels[n - 1]` holds the n-grams of n words."""

    vocabulary: tuple[str, ...]
    levels: tuple[Level, ...]

    @cached_property
    def _unigrams(self) -> NDArray[np.float32]:
        """[vocabulary]; what the counted words leave is shared by all alike."""
        level = self.levels[0]
        left = float(_SHARES[level.left].sum())
        shares: NDArray[np.float32] = _SHARES[level.shares] + np.float32(
            left / len(self.vocabulary)
        )
        shares[BEGIN] = 0
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
        for length in range(1, min(self.order, len(context) + 1)):
            level = self.levels[length]
            number = self._gram(context[len(context) - length :])
            place = None if number is None else level.place(number)
            if place is None:
                break
            here = slice(int(level.starts[place]), int(level.starts[place + 1]))
            probabilities *= _SHARES[level.left[place]]
            probabilities[level.words[here]] += _SHARES[level.shares[here]]
        probabilities /= probabilities.sum()
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
        """Write a file that `load` maps; raises engine.container.CheckpointError."""
        words = _SEPARATOR.join(self.vocabulary).encode()
        tensors: dict[str, NDArray[Any]] = {"vocabulary": np.frombuffer(words, np.uint8)}
        for length, level in enumerate(self.levels, start=1):
            for name, kind in _TYPES.items():
                tensors[f"{name}{length}"] = getattr(level, name).astype(kind).view(np.uint8)
        sizes = {name: str(len(tensor)) for name, tensor in tensors.items()}
        padded = {
            name: np.pad(tensor, (0, -len(tensor) % container.ALIGNMENT))
            for name, tensor in tensors.items()
        }
        container.write(path, {"format": FORMAT, **sizes}, padded)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map a file; raises NgramError."""
        try:
            file = container.read(path)
            if file.metadata.get("format") != FORMAT:
                raise ValueError("not of this format")  # noqa: TRY301 - told below with the others
            order = sum(name.startswith("words") for name in file.tensors)
            vocabulary = tuple(_part(file, "vocabulary", "u1").tobytes().decode().split(_SEPARATOR))
            levels = tuple(
                Level(*(_part(file, f"{f.name}{n}", _TYPES[f.name]) for f in fields(Level)))
                for n in range(1, order + 1)
            )
        except (container.CheckpointError, ValueError, KeyError) as error:
            raise NgramError(f"{path} is no table of n-grams, {error}: make it anew") from error
        return cls(vocabulary, levels)


def _part(file: container.Container, name: str, kind: str) -> NDArray[Any]:
    return file.tensors[name][: int(file.metadata[name])].view(kind)


def _codes(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    codes = np.round(-np.log(np.maximum(shares, 1e-30)) / _STEP)
    return np.clip(codes, 0, 255).astype(np.uint8)
