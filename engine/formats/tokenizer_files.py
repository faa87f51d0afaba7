"""Tokenizers that lie in files of their own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from engine.formats.errors import FormatError
from engine.formats.files import read_small
from engine.formats.tokenizer_json import read_tokenizer_json
from engine.formats.vocabulary import sentence_pieces, typed, with_spares
from engine.tokenizer import TokenizerError, read_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("tokenizer.bin", "tokenizer.model", "tokenizer.json")
"""What tokenizers are called, in the order in which they are looked for."""

_MAX_BYTES = 64 << 20
_MAX_PIECE = 1 << 12
_ENTRY = struct.Struct("<fi")
_SPACE = "\u2581"
_CONTROLS = {"\n<s>\n": "<s>", "\n</s>\n": "</s>"}
_UNKNOWN, _BEGIN, _END = 0, 1, 2


def beside(folder: Path) -> Path:
    """The tokenizer in a folder; raises FormatError if there is none."""
    for name in NAMES:
        if (folder / name).exists():
            return folder / name
    raise FormatError(
        f"there is no tokenizer in {folder} ({', '.join(NAMES)}): name it with --tokenizer"
    )


def read_tokenizer_file(path: Path, vocab: int, *, end: int | None = None, spare: int = 0) -> bytes:
    """A tokenizer for a model of `vocab` tokens, whatever its format; raises FormatError.

    `end` is the marker that closes a text, where the file cannot say. Up to `spare` tokens may be
    missing at the end: some models have a rounder number of embeddings than of tokens.
    """
    data = read_small(path, _MAX_BYTES)
    try:
        made = _recognised(data, end)
        count = read_tokenizer(made).vocab
        if count < vocab <= count + spare:
            made, count = with_spares(made, vocab - count), vocab
    except (FormatError, TokenizerError) as error:
        raise FormatError(f"{path} cannot be used: {error}") from error
    if count != vocab:
        raise FormatError(
            f"{path} has {count} tokens, but the model has {vocab}: it belongs to another model"
        )
    return made


def _recognised(data: bytes, end: int | None) -> bytes:
    if data.lstrip()[:1] == b"{":
        return read_tokenizer_json(data, end)
    if data[2:4] == bytes(2):  # no piece is longer than 65,535 bytes
        return read_tokenizer_bin(data)
    read_tokenizer(data)
    return data


def read_tokenizer_bin(data: bytes) -> bytes:
    """llama2.c's ``tokenizer.bin`` as a SentencePiece model; raises FormatError.

    The file: the longest piece's length, then for each piece score, length and text. Spaces are
    plain ones, and the markers of text's begin and end stand between line feeds.
    """
    texts: list[tuple[str, float]] = []
    place = 4
    while place < len(data):
        if place + _ENTRY.size > len(data):
            raise FormatError("it ends early: get a fresh copy of it")
        score, length = _ENTRY.unpack_from(data, place)
        place += _ENTRY.size
        if not 0 <= length <= min(_MAX_PIECE, len(data) - place):
            raise FormatError("it is no tokenizer: name another file")
        text = data[place : place + length].decode("utf-8", errors="surrogateescape")
        texts.append((_CONTROLS.get(text, text.replace(" ", _SPACE)), score))
        place += length
    controls = {_BEGIN, _END}
    return sentence_pieces(
        typed(texts, unknown=_UNKNOWN, controls=controls), unknown=_UNKNOWN, begin=_BEGIN, end=_END
    )
