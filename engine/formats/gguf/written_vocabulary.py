"""A tokenizer as GGUF's ``tokenizer.ggml.*`` values, for programs that tokenise as llama.cpp."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from engine.formats.errors import FormatError
from engine.formats.gguf.metadata import Array, Value, ValueType
from engine.tokenizer import TokenizerError, read_tokenizer
from engine.tokenizer.byte_level import ByteLevelTokenizer
from engine.tokenizer.piece_model import BPE, PieceModel, PieceType, nameless
from engine.tokenizer.sentence_pieces import SentencePieceTokenizer

if TYPE_CHECKING:
    from engine.checkpoint import Checkpoint

_PREFIX = "tokenizer.ggml."
_RULES = {"gpt-2": "gpt-2", "smollm": "smollm", "llama-3": "llama-bpe", "qwen-2": "qwen2"}
"""What GGUF calls our rules for cutting text (`engine.tokenizer.splitting`)."""


def vocabulary(checkpoint: Checkpoint) -> dict[str, Value]:
    """The values for a checkpoint's tokenizer.

    One without a tokenizer gets a vocabulary of names that no text contains. Raises FormatError for
    a tokenizer that GGUF cannot say.
    """
    if not checkpoint.tokenizer:
        return _sentence_pieces(nameless(checkpoint.config.vocab))
    tokenizer = read_tokenizer(checkpoint.tokenizer)
    if isinstance(tokenizer, ByteLevelTokenizer):
        values = _byte_level(tokenizer)
    elif isinstance(tokenizer, SentencePieceTokenizer):
        values = _sentence_pieces(tokenizer.model)
    else:
        raise FormatError("this kind of tokenizer cannot be written to GGUF")
    end_of_message = checkpoint.template.get("end")
    if isinstance(end_of_message, str):
        with suppress(TokenizerError):  # in some templates the end is text, not a token
            values[_PREFIX + "eot_token_id"] = tokenizer.marker(end_of_message)
    return values


def _sentence_pieces(model: PieceModel) -> dict[str, Value]:
    if model.algorithm != BPE or model.normalises or model.trims_spaces:
        raise FormatError(
            "GGUF cannot say how this model's tokenizer reads text (only plain BPE models of "
            "SentencePiece can be exported)"
        )
    types = [PieceType.CONTROL if piece.is_marker else piece.type for piece in model.pieces]
    types[model.unknown] = PieceType.UNKNOWN
    values: dict[str, Value] = {
        _PREFIX + "model": "llama",
        _PREFIX + "pre": "default",
        _PREFIX + "tokens": Array(ValueType.STRING, [piece.text for piece in model.pieces]),
        _PREFIX + "scores": Array(ValueType.FLOAT32, [piece.score for piece in model.pieces]),
        _PREFIX + "token_type": Array(ValueType.INT32, types),
        _PREFIX + "unknown_token_id": model.unknown,
        _PREFIX + "add_space_prefix": model.opens_with_space,
        _PREFIX + "add_bos_token": model.begin is not None,
        _PREFIX + "add_eos_token": False,
    }
    return values | _ends(model.begin, model.end)


def _byte_level(tokenizer: ByteLevelTokenizer) -> dict[str, Value]:
    types = [PieceType.NORMAL] * tokenizer.vocab
    for token in tokenizer.whole:
        types[token] = PieceType.USER_DEFINED
    for token in tokenizer.marker_ids:
        types[token] = PieceType.CONTROL
    lefts, rights = tokenizer.merges[::2], tokenizer.merges[1::2]
    merges = [
        f"{tokenizer.tokens[left]} {tokenizer.tokens[right]}"
        for left, right in zip(lefts, rights, strict=True)
    ]
    values: dict[str, Value] = {
        _PREFIX + "model": "gpt2",
        _PREFIX + "pre": _RULES[tokenizer.rules],
        _PREFIX + "tokens": Array(ValueType.STRING, tokenizer.tokens),
        _PREFIX + "token_type": Array(ValueType.INT32, types),
        _PREFIX + "merges": Array(ValueType.STRING, merges),
        _PREFIX + "add_space_prefix": False,
        _PREFIX + "add_bos_token": tokenizer.begin is not None,
        _PREFIX + "add_eos_token": False,
    }
    return values | _ends(tokenizer.begin, tokenizer.end)


def _ends(begin: int | None, end: int | None) -> dict[str, Value]:
    ends = {"bos": begin, "eos": end}
    return {f"{_PREFIX}{name}_token_id": token for name, token in ends.items() if token is not None}
