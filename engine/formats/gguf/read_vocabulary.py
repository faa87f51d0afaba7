"""The tokenizer out of a GGUF file's metadata.

llama.cpp knows many kinds; here are the two that models of the llama architecture come with:
``llama``, SentencePiece pieces with scores, and ``gpt2``, byte-level BPE with merges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formats.errors import FormatError
from engine.formats.vocabulary import LISTED_RULES, byte_level, sentence_pieces
from engine.tokenizer.piece_model import Piece, PieceType

if TYPE_CHECKING:
    from engine.formats.gguf.file import GgufFile

_PREFIX = "tokenizer.ggml."
_MARKERS = (PieceType.CONTROL, PieceType.UNKNOWN, PieceType.UNUSED)


def read_vocabulary(file: GgufFile, vocab: int) -> bytes:
    """The tokenizer as `engine.tokenizer.read_tokenizer` reads it; raises FormatError."""
    tokens = _texts(file, "tokens")
    types = _numbers(file, "token_type", len(tokens))
    if len(tokens) != vocab:
        raise FormatError(
            f"{file.path} has {len(tokens)} tokens for {vocab} embeddings: get a fresh copy of it"
        )
    kind = file.metadata.get(_PREFIX + "model")
    if kind == "llama":
        return _pieces(file, tokens, types)
    if kind == "gpt2":
        return _byte_level(file, tokens, types)
    raise FormatError(
        f"{file.path} has a tokenizer of the kind {str(kind)[:40]!r}; this program knows "
        "SentencePiece BPE (llama) and byte-level BPE (gpt2): choose another model"
    )


def _pieces(file: GgufFile, tokens: list[str], types: list[int]) -> bytes:
    scores = file.metadata.get(_PREFIX + "scores")
    if not isinstance(scores, list) or len(scores) != len(tokens):
        raise FormatError(f"{file.path} has no scores for its tokens: get a fresh copy of it")
    pieces = [
        Piece(text, float(score), kind)
        for text, score, kind in zip(tokens, scores, types, strict=True)
    ]
    return sentence_pieces(
        pieces,
        unknown=_id(file, "unknown", len(tokens), 0) or 0,
        begin=_id(file, "bos", len(tokens), 1) if _says(file, "add_bos_token", True) else None,
        end=_id(file, "eos", len(tokens), 2),
        opens_with_space=_says(file, "add_space_prefix", True),
        trims_spaces=_says(file, "remove_extra_whitespaces", False),
    )


def _byte_level(file: GgufFile, tokens: list[str], types: list[int]) -> bytes:
    named = str(file.metadata.get(_PREFIX + "pre"))
    rules = LISTED_RULES.get(named)
    if rules is None:
        raise FormatError(
            f"{file.path} cuts text by the rules {named[:40]!r}, which this program does not know "
            f"(it knows {', '.join(sorted(LISTED_RULES))}): choose another model"
        )
    is_llama3 = rules == "llama-3"
    whole = [
        token
        for token, kind in enumerate(types)
        if kind == PieceType.USER_DEFINED and not Piece(tokens[token], 0.0, kind).is_marker
    ]
    markers = [
        token
        for token, kind in enumerate(types)
        if kind in _MARKERS or Piece(tokens[token], 0.0, kind).is_marker
    ]
    begins = _says(file, "add_bos_token", is_llama3)
    return byte_level(
        tokens,
        _texts(file, "merges"),
        rules=rules,
        markers=markers,
        whole=whole,
        shortcut=is_llama3,
        begin=_id(file, "bos", len(tokens), None) if begins else None,
        end=_id(file, "eos", len(tokens), None),
    )


def _texts(file: GgufFile, key: str) -> list[str]:
    value = file.metadata.get(_PREFIX + key)
    if not isinstance(value, list) or set(map(type, value)) != {str}:
        raise FormatError(f"{file.path} has no tokenizer ({key} are missing): choose another model")
    return value


def _numbers(file: GgufFile, key: str, count: int) -> list[int]:
    value = file.metadata.get(_PREFIX + key)
    if not isinstance(value, list) or set(map(type, value)) != {int} or len(value) != count:
        raise FormatError(f"{file.path} has no {key} for its tokens: get a fresh copy of it")
    return value


def _id(file: GgufFile, name: str, vocab: int, default: int | None) -> int | None:
    token = file.metadata.get(f"{_PREFIX}{name}_token_id", default)
    return token if type(token) is int and 0 <= token < vocab else None


def _says(file: GgufFile, key: str, default: bool) -> bool:
    return bool(file.metadata.get(_PREFIX + key, default))
