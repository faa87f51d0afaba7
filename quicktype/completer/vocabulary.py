"""Tables over a tokenizer's pieces, made once, so that a step is a few array operations."""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from quicktype.prompt import Marker, Tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate

_CACHED_STARTS = 512
_WORD_SIGNS = frozenset("'\u2019-_@#&/\\+*%$~^=")


class Kind(IntEnum):
    """What a token does to the word before it."""

    CONTINUES = 0
    PUNCTUATES = 1
    SPACES = 2
    ENDS = 3
    NEVER = 4


class Vocabulary:
    """The pieces of a tokenizer, as bytes, sorted out.

    `kinds` tells for each token whether it goes on with a word, ends it with punctuation or with a
    space, or ends the message; `steps` is its one-hot form, float32 [kind, vocab], so that ``p @
    steps.T`` are the kinds' probabilities. Line breaks count as the message's end: nothing is
    suggested past them. `tags` finds what must not be said.
    """

    def __init__(self, tokenizer: Tokenizer, template: PromptTemplate) -> None:
        self.pieces = tokenizer.pieces
        self.tags = Tags(template.tags)
        self.ends = frozenset(_end_markers(tokenizer, template))
        self.kinds = _kinds(self.pieces)
        self.kinds[[*self.ends]] = Kind.ENDS
        self._heads = _heads(self.pieces)
        self.beginning_with = lru_cache(_CACHED_STARTS)(self._beginning_with)
        for tag in template.literal_tags:
            self.kinds[self._opening_tokens(tag)] = Kind.ENDS
        self.steps = (self.kinds == np.arange(Kind.NEVER)[:, None]).astype(np.float32)
        self.bias = np.where(self.kinds == Kind.NEVER, -np.inf, 0.0).astype(np.float32)

    def prefixes_of(self, text: bytes) -> Iterator[int]:
        """The tokens whose piece is a proper, non-empty prefix of `text`."""
        for length in range(1, len(text)):
            yield from self._spelling(text[:length])

    def finishing(self, text: str) -> NDArray[np.int64] | None:
        """The tokens that make a tag of the text's end; None if it looks like no tag's beginning.

        Where a template names speakers, "Sarah" is a word like others, until a colon follows.
        """
        begun = self.tags.begun(text)
        if not begun:
            return None
        start = text[len(text) - begun :]
        rests = [tag[begun:] for tag in self.tags.texts if tag.startswith(start)]
        return np.concatenate([self.beginning_with(rest.encode()) for rest in rests])

    def says_tag(self, before: str, text: str) -> bool:
        """Whether `text`, which comes behind `before`, brings a tag or the beginning of one.

        A beginning that is a word counts as a word.
        """
        whole = before + text
        begun = self.tags.begun(whole)
        if begun and not whole[len(whole) - begun].isalnum():
            return True
        return self.tags.find(whole, len(before)) is not None

    def _beginning_with(self, start: bytes) -> NDArray[np.int64]:
        """The tokens whose piece is `start`, which is not empty, or goes on from it."""
        if len(start) == 1:
            return np.flatnonzero(self._heads >> 9 == start[0])
        found = np.flatnonzero(self._heads == _head(start))
        if len(start) == 2:
            return found
        fitting = [token for token in found.tolist() if self.pieces[token].startswith(start)]
        return np.array(fitting, np.int64)

    def _opening_tokens(self, tag: str) -> list[int]:
        """The tokens with which a tag begins that no word begins like, a space before it or not."""
        if tag[0].isalnum():
            return []
        openings = {space + tag[:n].encode() for space in (b"", b" ") for n in range(1, len(tag))}
        tokens = [token for opening in openings for token in self._spelling(opening)]
        for start in (tag.encode(), b" " + tag.encode()):
            tokens += self.beginning_with(start).tolist()
        return tokens

    def _spelling(self, text: bytes) -> tuple[int, ...]:
        """The tokens whose piece is `text`, which is not empty."""
        first = self._first.get(text)
        return () if first is None else (first, *self._further.get(text, ()))

    @cached_property
    def _first(self) -> dict[bytes, int]:
        """Each piece's first token."""
        last = len(self.pieces) - 1
        return dict(zip(reversed(self.pieces), range(last, -1, -1), strict=True))

    @cached_property
    def _further(self) -> dict[bytes, list[int]]:
        """The other tokens of pieces that have several, as letters have beside their bytes."""
        found: dict[bytes, list[int]] = {}
        numbered = zip(self.pieces, range(len(self.pieces)), strict=True)
        for piece, token in numbered:
            if self._first[piece] != token:
                found.setdefault(piece, []).append(token)
        return found


def _end_markers(tokenizer: Tokenizer, template: PromptTemplate) -> Iterator[int]:
    """The markers that end a message; where a text does, the tokenizer's own begin and end too."""
    for role in template.roles:
        names = [part.name for part in role.closing if isinstance(part, Marker)]
        yield from (tokenizer.marker(name) for name in names if name)
        if not names:
            edges = (tokenizer.begin, tokenizer.end)
            yield from (token for token in edges if token is not None)


def _head(piece: bytes) -> int:
    """The first two bytes as one number, different for a piece of a single byte."""
    return piece[0] << 9 | (piece[1] if len(piece) > 1 else 0x100)


def _heads(pieces: Sequence[bytes]) -> NDArray[np.int32]:
    """`_head` of each piece; -1 for empty ones."""
    heads = (_head(piece) if piece else -1 for piece in pieces)
    return np.fromiter(heads, np.int32, len(pieces))


def _kinds(pieces: Sequence[bytes]) -> NDArray[np.uint8]:
    """What each piece does, told by its first character; control characters end everything."""
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    joined = np.frombuffer(b"".join(pieces), np.uint8)
    starts = np.cumsum(lengths) - lengths
    spoken = np.flatnonzero(lengths)
    first = joined[starts[spoken]]
    kinds = np.full(len(pieces), Kind.NEVER, np.uint8)
    kinds[spoken] = _KINDS_OF_BYTES[first]
    for token in spoken[first >= 0x80].tolist():
        kinds[token] = _kind_beyond_ascii(pieces[token])
    steering = np.flatnonzero((joined < 0x20) | (joined == 0x7F))
    kinds[np.searchsorted(starts, steering, side="right") - 1] = Kind.ENDS
    return kinds


def _kind_beyond_ascii(piece: bytes) -> Kind:
    try:
        return _kind(piece.decode()[0])
    except UnicodeDecodeError:
        return Kind.CONTINUES  # a part of a character: most likely of a letter


def _kind(character: str) -> Kind:
    if character.isspace():
        return Kind.SPACES
    continues = character.isalnum() or character in _WORD_SIGNS
    return Kind.CONTINUES if continues else Kind.PUNCTUATES


_KINDS_OF_BYTES = np.array([_kind(chr(byte)) for byte in range(128)] + [0] * 128, np.uint8)
