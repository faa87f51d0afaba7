"""What a tokenizer is to the rest of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class TokenizerError(ValueError):
    """The bytes are no tokenizer, or a marker is missing from it; the message is one line."""


class Tokenizer(Protocol):
    """Text to token ids and back.

    A tokenizer's *markers* are its special tokens: they stand for no text, and `encode` never
    makes one out of text, whatever the text looks like.
    """

    @property
    def data(self) -> bytes:
        """What the weights file keeps; `read_tokenizer` makes the same tokenizer of it."""

    @property
    def kind(self) -> str:
        """What kind of tokenizer it is, for people."""

    @property
    def vocab(self) -> int:
        """How many tokens there are."""

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """What each token adds to the text, in UTF-8; nothing for markers."""

    @property
    def markers(self) -> Mapping[str, int]:
        """The special tokens, by name."""

    @property
    def opens_with_space(self) -> bool:
        """Whether a message's tokens spell it with one space in front."""

    @property
    def begin(self) -> int | None:
        """The marker that opens a text."""

    @property
    def end(self) -> int | None:
        """The marker that closes a text."""

    def encode(self, text: str) -> list[int]:
        """The token ids of a message, or of its beginning."""

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a message's tokens; markers add nothing, broken UTF-8 becomes U+FFFD."""

    def marker(self, name: str) -> int:
        """The id of a marker such as ``<eom>``; raises TokenizerError if there is none."""
