"""From messages to token ids, the same for training and for use."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from quicktype.prompt.tags import Tags
from quicktype.prompt.template import Marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from quicktype.prompt.rendering import Message
    from quicktype.prompt.template import Parts, PromptTemplate

_CACHED_GAPS = 256
_GUARD = "\n"
"""What no tokenizer joins with the letters behind it."""


class Spelling(Protocol):
    """What is needed of a tokenizer; see `engine.tokenizer.Tokenizer`."""

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What each token adds to the text; nothing for markers."""

    @property
    def opens_with_space(self) -> bool:
        """Whether `encode` spells a text with a space in front."""

    @property
    def begin(self) -> int | None:
        """The marker that opens a text."""

    def encode(self, text: str) -> list[int]:
        """A text's tokens; never a marker."""

    def marker(self, name: str) -> int:
        """A marker's id; raises ValueError if there is none."""


class Gap(NamedTuple):
    """What stands between two texts, as tokens.

    With `spaced`, the text behind it is spelled with a space in front.
    """

    tokens: tuple[int, ...]
    spaced: bool


class PromptEncoder:
    """Encodes the messages of one template with one tokenizer.

    A prompt is gap, text, gap, text and so on: what closes a message and what opens the next are
    read together. Raises ValueError if the tokenizer lacks a marker of the template.
    """

    def __init__(self, tokenizer: Spelling, template: PromptTemplate) -> None:
        self.template = template
        self._tokenizer = tokenizer
        self._tags = Tags(template.literal_tags, inside_words=True)
        self.gap = lru_cache(_CACHED_GAPS)(self._gap)
        for role in template.roles:
            self.gap((*template.begin, *role.opening), inside=False)
            self.gap(role.closing, inside=True)

    def begin(self, first: Message) -> Gap:
        """What stands before the text of a prompt's first message."""
        return self.gap((*self.template.begin, *first.opening), inside=False)

    def between(self, message: Message, following: Message) -> Gap:
        """What stands between the texts of two messages."""
        return self.gap((*message.closing, *following.opening), inside=True)

    def message(self, message: Message) -> tuple[tuple[int, ...], list[int], tuple[int, ...]]:
        """A message alone: the tokens that open it, those of its text, those that close it."""
        opening = self.gap(message.opening, inside=False)
        text = self.text(message.text, spaced=opening.spaced)
        return opening.tokens, text, self.gap(message.closing, inside=True).tokens

    def text(self, text: str, *, spaced: bool) -> list[int]:
        """A text's tokens: exactly its bytes, and never those of a tag, though it looks like one.

        A tag that somebody typed is spelled byte by byte, as no tag of a prompt is. Bytes that the
        tokenizer has no piece for (some vocabularies lack control characters) are left out.
        """
        tokens: list[int] = []
        for piece, is_tag in self._tags.split(text):
            bare = spelled(piece, spaced=spaced)
            tokens += self._spell(bare, 1) if is_tag else self._faithful(piece, spaced=spaced)
            spaced = False
        return tokens

    def join(self, tokens: Iterable[int]) -> bytes:
        """The bytes that tokens stand for."""
        return b"".join(self._tokenizer.pieces[token] for token in tokens)

    def _faithful(self, text: str, *, spaced: bool) -> list[int]:
        """A text as the tokenizer cuts it, but in our way where it changes the text's bytes."""
        tokens = self._cut(text, spaced=spaced)
        wanted = spelled(text, spaced=spaced)
        return tokens if self.join(tokens) == wanted else self._spell(wanted, len(wanted))

    def _cut(self, text: str, *, spaced: bool) -> list[int]:
        if spaced == self._tokenizer.opens_with_space:
            return self._tokenizer.encode(text)
        if spaced:
            return self._tokenizer.encode(" " + text)
        # The tokenizer puts its space in front; let that come before something else.
        tokens, guard = self._tokenizer.encode(_GUARD + text), (" " + _GUARD).encode()
        places = range(1, len(guard) + 1)
        return next((tokens[n:] for n in places if self.join(tokens[:n]) == guard), tokens)

    def _spell(self, text: bytes, longest: int) -> list[int]:
        """The longest pieces that fit from the left, none of more than so many bytes.

        What no piece spells is left out.
        """
        tokens: list[int] = []
        place = 0
        while place < len(text):
            lengths = range(min(longest, len(text) - place), 0, -1)
            found = (self._by_bytes.get(text[place : place + length]) for length in lengths)
            token = next((token for token in found if token is not None), None)
            if token is None:
                place += 1
                continue
            tokens.append(token)
            place += len(self._tokenizer.pieces[token])
        return tokens

    @cached_property
    def _by_bytes(self) -> dict[bytes, int]:
        """Each piece's token; the first where several stand for the same bytes."""
        pieces = self._tokenizer.pieces
        numbered = zip(reversed(pieces), range(len(pieces) - 1, -1, -1), strict=True)
        return {piece: token for piece, token in numbered if piece}

    def _gap(self, parts: Parts, *, inside: bool) -> Gap:
        """The tokens of parts; `inside`: a text stands before them."""
        tokens: list[int] = []
        spaced = False
        joined = list(_joined(parts))
        for place, part in enumerate(joined, start=1):
            if isinstance(part, Marker):
                tokens += self._marker(part)
                inside, spaced = False, self._tokenizer.opens_with_space
                continue
            # A space at the end belongs to the first word of the text that comes then.
            spaced = place == len(joined) and part.endswith(" ")
            tokens += self._literal(part[:-1] if spaced else part, inside=inside)
            inside = True
        return Gap(tuple(tokens), spaced)

    def _literal(self, text: str, *, inside: bool) -> list[int]:
        """A template's own text; at the beginning of a text it takes the tokenizer's space."""
        if text == " ":
            return self._spell(b" ", 1)
        if inside and text.startswith(" "):
            return self._cut(text[1:], spaced=True)
        return self._cut(text, spaced=not inside and self._tokenizer.opens_with_space)

    def _marker(self, marker: Marker) -> list[int]:
        if marker.name is not None:
            return [self._tokenizer.marker(marker.name)]
        return [] if self._tokenizer.begin is None else [self._tokenizer.begin]


def spelled(text: str, *, spaced: bool) -> bytes:
    """The bytes that a text's tokens stand for."""
    return (b" " if spaced else b"") + text.encode()


def _joined(parts: Parts) -> Iterator[Marker | str]:
    """The parts with texts that stand side by side made one."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text
