"""A checkpoint as llama2.c's files: the model, and ``tokenizer.bin`` beside it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from engine.formats.errors import FormatError
from engine.formats.files import read_small
from engine.formats.llama2c.layout import (
    HEADER_BYTES,
    MAGIC,
    NORM_EPS,
    ROPE_THETA,
    SIZES,
    START,
    Item,
    items,
)
from engine.formats.output import whole_file
from engine.formats.parts import interleaved, row_chunks, turns_with_position
from engine.kernels.layout import GROUP
from engine.model import rope_tables
from engine.quantize import dequantize, quantize, unpack
from engine.tokenizer import read_tokenizer
from engine.tokenizer.piece_model import nameless
from engine.tokenizer.sentence_pieces import SentencePieceTokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.checkpoint import Checkpoint
    from engine.config import ModelConfig
    from engine.quantize import QuantizedTensor, Unpacked
    from engine.tokenizer.piece_model import PieceModel

_Scalar = TypeVar("_Scalar", bound=np.generic)
LLAMA2C_VERSIONS = (0, 2)
TOKENIZER = "tokenizer.bin"
_MAX_TOKENIZER = 64 << 20
_FIRST_BYTE = 3


def write_llama2c(path: str | os.PathLike[str], checkpoint: Checkpoint, version: int = 0) -> None:
    """Write a checkpoint for llama2.c's ``run`` (version 0, floats) or ``runq`` (version 2, int8).

    Version 2 has our int8 weights bit for bit; its groups are ours. ``tokenizer.bin`` goes into the
    same folder. Raises FormatError when llama2.c has no words for the model, or the disk refuses.
    """
    if version not in LLAMA2C_VERSIONS:
        raise ValueError(
            f"there is no version {version} of llama2.c's files to write, only 0 and 2"
        )
    config = checkpoint.config
    if config.heads * config.head_dim != config.dim:
        raise FormatError("llama2.c cannot run this model, its heads are not as wide as the model")
    place = Path(path)
    vocabulary = tokenizer_bin(checkpoint)
    _check_beside(place.with_name(TOKENIZER), vocabulary)
    with whole_file(place) as file:
        file.write(_header(config, version))
        for item in items(config, version):
            for piece in _numbers(checkpoint, item):
                file.write(np.ascontiguousarray(piece).data)
    with whole_file(place.with_name(TOKENIZER)) as file:
        file.write(vocabulary)


def _check_beside(path: Path, vocabulary: bytes) -> None:
    """Never replace the tokenizer of another model in the same folder."""
    if path.exists() and read_small(path, _MAX_TOKENIZER) != vocabulary:
        raise FormatError(f"{path} belongs to another model: choose another folder")


def caveats(checkpoint: Checkpoint) -> list[str]:
    """What llama2.c's programs take for granted, and this model does otherwise."""
    config = checkpoint.config
    found = []
    if config.rope_theta != ROPE_THETA:
        found.append(
            f"run.c and runq.c have RoPE's base 10000 built in, this model needs "
            f"{config.rope_theta:g}: change powf(10000.0f, ...) there before you compile"
        )
    if not np.isclose(config.norm_eps, NORM_EPS):
        found.append(
            f"run.c and runq.c have the norms' epsilon 1e-5 built in, this model needs "
            f"{config.norm_eps:g}: change it in rmsnorm() there before you compile"
        )
    pieces = _pieces(checkpoint).pieces
    if [piece.text for piece in pieces[_FIRST_BYTE : _FIRST_BYTE + 2]] != ["<0x00>", "<0x01>"]:
        found.append(
            f"run.c and runq.c take token {_FIRST_BYTE} for the first byte, in this model it is "
            "another: they misread characters that are not in the vocabulary"
        )
    return found


def tokenizer_bin(checkpoint: Checkpoint) -> bytes:
    """The vocabulary as llama2.c reads it; raises FormatError for one that is byte-level."""
    model = _pieces(checkpoint)
    texts = [piece.text.replace("\u2581", " ") for piece in model.pieces]
    for token in (model.begin, model.end):
        if token is not None:
            texts[token] = f"\n{texts[token]}\n"
    pieces = [text.encode() for text in texts]
    parts = [struct.pack("<I", max(map(len, pieces)))]
    for piece, text in zip(model.pieces, pieces, strict=True):
        parts.append(struct.pack("<fi", piece.score, len(text)) + text)
    return b"".join(parts)


def _pieces(checkpoint: Checkpoint) -> PieceModel:
    """A model without a tokenizer gets names that no text contains."""
    if not checkpoint.tokenizer:
        return nameless(checkpoint.config.vocab)
    tokenizer = read_tokenizer(checkpoint.tokenizer)
    if not isinstance(tokenizer, SentencePieceTokenizer):
        raise FormatError(
            "llama2.c knows SentencePiece vocabularies only, this model has a byte-level one: "
            "export it as GGUF"
        )
    return tokenizer.model


def _header(config: ModelConfig, version: int) -> bytes:
    vocab = config.vocab if version or config.tied else -config.vocab
    sizes = SIZES.pack(
        config.dim, config.hidden, config.layers, config.heads, config.kv_heads, vocab,
        config.context,
    )  # fmt: skip
    if version == 0:
        return sizes
    header = START.pack(MAGIC, version) + sizes + struct.pack("<Bi", config.tied, GROUP)
    return header.ljust(HEADER_BYTES, b"\0")


def _numbers(checkpoint: Checkpoint, item: Item) -> Iterator[NDArray[np.generic]]:
    """What the file holds for one item, in order, some rows at a time."""
    if item.table is not None:
        config = checkpoint.config
        yield rope_tables(config.context, config.head_dim, config.rope_theta)[item.table]
    elif len(item.shape) == 1:
        yield checkpoint.vectors[item.name].astype("<f4")
    elif item.quantized:
        for chunk in row_chunks(checkpoint, item.name):
            yield _ordered(_eight_bits(chunk).integers, checkpoint, item)
        for chunk in row_chunks(checkpoint, item.name):
            yield _ordered(_eight_bits(chunk).scales, checkpoint, item).astype("<f4")
    else:
        for chunk in row_chunks(checkpoint, item.name):
            yield _ordered(dequantize(chunk), checkpoint, item).astype("<f4")


def _eight_bits(chunk: QuantizedTensor) -> Unpacked:
    return unpack(chunk if chunk.bits == 8 else quantize(dequantize(chunk)))


def _ordered(rows: NDArray[_Scalar], checkpoint: Checkpoint, item: Item) -> NDArray[_Scalar]:
    """Rows as llama2.c orders them."""
    if turns_with_position(item.name):
        return interleaved(rows, checkpoint.config.head_dim)
    return rows
