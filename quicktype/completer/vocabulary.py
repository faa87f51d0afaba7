"""Tables over a tokenizer's pieces, made once, so that a step is a few array operations."""

from __future__ import annotations

from bisect import bisect_left
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate

_WORD_SIGNS = frozenset("'\u2019-_@#&/\\+*%$~^=")


class Kind(IntEnum):
    """What a token does to the word before it."""

    CONTINUES = 0
    PUNCTUATES = 1
    SPACES = 2
    ENDS = 3
    NEVER = 4


class Vocabulary:
    """The pieces of a tokenizer, as bytes, sorted and sorted out.

    `kinds` tells for each token whether it goes on with a word, ends it with punctuation or with a
    space, or ends the message; `steps` is its one-hot form, float32 [vocab, 4], so that ``p @
    steps`` are the kinds' probabilities. Line breaks count as the message's end: nothing is
    suggested past them.
    """

    def __init__(self, tokenizer: Tokenizer, template: PromptTemplate) -> None:
        self.pieces = tokenizer.pieces
        self.end = tokenizer.marker(template.end)
        self.kinds = np.array([_kind(piece) for piece in self.pieces], np.uint8)
        self.kinds[self.end] = Kind.ENDS
        self.steps = (self.kinds[:, None] == np.arange(Kind.NEVER)).astype(np.float32)
        self.bias = np.where(self.kinds == Kind.NEVER, -np.inf, 0.0).astype(np.float32)
        self._sorted_ids = np.array(
            sorted(range(len(self.pieces)), key=self.pieces.__getitem__), np.int64
        )
        self._sorted = [self.pieces[token] for token in self._sorted_ids]
        self._by_bytes: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self.pieces):
            if piece:
                self._by_bytes.setdefault(piece, []).append(token)
        self._longest = max(map(len, self.pieces))

    def beginning_with(self, start: bytes) -> NDArray[np.int64]:
        """The tokens whose piece is `start` or goes on from it."""
        first = bisect_left(self._sorted, start)
        beyond = _after(start)
        last = len(self._sorted) if beyond is None else bisect_left(self._sorted, beyond)
        return self._sorted_ids[first:last]

    def prefixes_of(self, text: bytes) -> Iterator[int]:
        """The tokens whose piece is a proper, non-empty prefix of `text`."""
        for length in range(1, min(len(text), self._longest + 1)):
            yield from self._by_bytes.get(text[:length], ())

    def spell(self, text: bytes) -> list[int]:
        """`text` in the longest pieces that fit from the left, where the tokenizer misreads it.

        Raises ValueError for a byte that no piece spells.
        """
        tokens: list[int] = []
        while text:
            lengths = range(min(len(text), self._longest), 0, -1)
            fitting = (self._by_bytes[text[:n]][0] for n in lengths if text[:n] in self._by_bytes)
            token = next(fitting, None)
            if token is None:
                raise ValueError(f"the tokenizer cannot spell the byte {text[0]:#04x}")
            tokens.append(token)
            text = text[len(self.pieces[token]) :]
        return tokens

    def join(self, tokens: Iterable[int]) -> bytes:
        """The bytes that tokens stand for."""
        return b"".join(self.pieces[token] for token in tokens)


def _after(start: bytes) -> bytes | None:
    """The first byte string behind all that begin with `start`; None if there is none."""
    stem = start.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else None


def _kind(piece: bytes) -> Kind:
    if not piece:
        return Kind.NEVER
    if any(byte < 0x20 or byte == 0x7F for byte in piece):
        return Kind.ENDS
    try:
        first = piece.decode()[0]
    except UnicodeDecodeError:
        return Kind.CONTINUES  # a part of a character: most likely of a letter
    if first.isspace():
        return Kind.SPACES
    return Kind.CONTINUES if first.isalnum() or first in _WORD_SIGNS else Kind.PUNCTUATES
