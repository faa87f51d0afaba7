"""SentencePiece, seen through the few things that the rest of the program needs.

A message is encoded from its start, and SentencePiece puts a space before the first word. So the
bytes of a message's tokens, joined, are the message with one space in front.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import sentencepiece

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPACE = "\u2581"


class TokenizerError(ValueError):
    """The bytes are no SentencePiece model, or a marker is missing from it."""


class Tokenizer:
    """Text to token ids and back."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise TokenizerError(f"not a SentencePiece model: {error}") from error

    @property
    def vocab(self) -> int:
        """How many pieces there are."""
        return int(self._processor.GetPieceSize())

    def encode(self, text: str) -> list[int]:
        """The token ids of a message, or of its beginning."""
        return list(self._processor.EncodeAsIds(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a message's tokens; markers add nothing, broken UTF-8 becomes U+FFFD."""
        joined = b"".join(self.pieces[i] for i in ids)
        return joined.removeprefix(b" ").decode("utf-8", errors="replace")

    def marker(self, name: str) -> int:
        """The id of a marker such as ``<eom>``; raises TokenizerError if there is none."""
        token = int(self._processor.PieceToId(name))
        if self._processor.IdToPiece(token) != name:
            raise TokenizerError(f"the tokenizer has no marker {name}")
        return token

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """What each token adds to the text, in UTF-8; nothing for markers and control tokens."""
        return tuple(self._bytes_of(token) for token in range(self.vocab))

    def _bytes_of(self, token: int) -> bytes:
        piece = self._processor.IdToPiece(token)
        if self._processor.IsByte(token):
            return bytes([int(piece[3:5], 16)])
        if self._processor.IsControl(token) or self._processor.IsUnknown(token):
            return b""
        if piece.startswith("<") and piece.endswith(">") and len(piece) > 2:
            return b""
        return str(piece).replace(_SPACE, " ").encode()
