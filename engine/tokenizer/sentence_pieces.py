"""SentencePiece, seen through the few things that the rest of the program needs.

A message is encoded from its start, and most models put a space before the first word. So the
bytes of a message's tokens, joined, are the message with one space in front.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import sentencepiece

from engine.tokenizer import piece_model
from engine.tokenizer.base import TokenizerError
from engine.tokenizer.piece_model import PieceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.tokenizer.piece_model import Piece, PieceModel

_SPACE = "\u2581"
_MAX_ERROR = 120


class SentencePieceTokenizer:
    """A SentencePiece model; raises TokenizerError for bytes that are none."""

    kind = "SentencePiece"

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._processor = _processor(data)

    @property
    def vocab(self) -> int:
        """How many pieces there are."""
        return int(self._processor.GetPieceSize())

    @property
    def begin(self) -> int | None:
        """The marker that opens a text."""
        return self.model.begin

    @property
    def end(self) -> int | None:
        """The marker that closes a text."""
        return self.model.end

    @property
    def opens_with_space(self) -> bool:
        """Whether a message's tokens spell it with one space in front."""
        return self.model.opens_with_space

    @cached_property
    def model(self) -> PieceModel:
        """What is in the model file."""
        return piece_model.read(self.data)

    def encode(self, text: str) -> list[int]:
        """The token ids of a message, or of its beginning; markers in it are read as text."""
        ids = list(self._processor.EncodeAsIds(text))
        return ids if self._marker_ids.isdisjoint(ids) else list(self._literal.EncodeAsIds(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a message's tokens; markers add nothing, broken UTF-8 becomes U+FFFD."""
        joined = b"".join(self.pieces[i] for i in ids)
        if self.opens_with_space:
            joined = joined.removeprefix(b" ")
        return joined.decode("utf-8", errors="replace")

    def marker(self, name: str) -> int:
        """The id of a marker such as ``<eom>``; raises TokenizerError if there is none."""
        if name not in self.markers:
            raise TokenizerError(f"the tokenizer has no marker {name}")
        return self.markers[name]

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """What each token adds to the text, in UTF-8; nothing for markers."""
        return tuple(map(_bytes_of, self.model.pieces))

    @cached_property
    def markers(self) -> Mapping[str, int]:
        """The special tokens, by name."""
        named = enumerate(self.model.pieces)
        return {piece.text: token for token, piece in named if piece.is_marker}

    @cached_property
    def _marker_ids(self) -> frozenset[int]:
        return frozenset(token for token, piece in enumerate(self.model.pieces) if piece.is_marker)

    @cached_property
    def _literal(self) -> sentencepiece.SentencePieceProcessor:
        """The same model, but blind to markers: SentencePiece finds user-defined ones in text."""
        return _processor(piece_model.blind_to_markers(self.data))


def _processor(data: bytes) -> sentencepiece.SentencePieceProcessor:
    processor = sentencepiece.SentencePieceProcessor()
    try:
        processor.LoadFromSerializedProto(data)
    except (RuntimeError, UnicodeDecodeError) as error:
        said = ascii(str(error))[:_MAX_ERROR]  # it quotes the file
        raise TokenizerError(f"not a SentencePiece model: {said}") from error
    return processor


def _bytes_of(piece: Piece) -> bytes:
    if piece.is_marker:
        return b""
    if piece.type == PieceType.BYTE:
        return bytes([int(piece.text[3:5], 16)])
    return piece.text.replace(_SPACE, " ").encode()
