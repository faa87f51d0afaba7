"""Which kind of tokenizer some bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.tokenizer.base import Tokenizer


def read_tokenizer(data: bytes) -> Tokenizer:
    """The tokenizer that these bytes are; raises TokenizerError if they are none.

    A byte-level vocabulary is a JSON object; no SentencePiece model begins with a brace.
    """
    # Only the kind that is needed is imported: each takes some milliseconds.
    if data[:1] == b"{":
        from engine.tokenizer.byte_level import ByteLevelTokenizer  # noqa: PLC0415

        return ByteLevelTokenizer(data)
    from engine.tokenizer.sentence_pieces import SentencePieceTokenizer  # noqa: PLC0415

    return SentencePieceTokenizer(data)
