"""Which kind of tokenizer some bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.tokenizer.byte_level import ByteLevelTokenizer
from engine.tokenizer.sentence_pieces import SentencePieceTokenizer

if TYPE_CHECKING:
    from engine.tokenizer.base import Tokenizer


def read_tokenizer(data: bytes) -> Tokenizer:
    """The tokenizer that these bytes are; raises TokenizerError if they are none.

    A byte-level vocabulary is a JSON object; no SentencePiece model begins with a brace.
    """
    return ByteLevelTokenizer(data) if data[:1] == b"{" else SentencePieceTokenizer(data)
