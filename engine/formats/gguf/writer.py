"""A checkpoint as a GGUF file, for llama.cpp and what builds on it.

The file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, counts,
metadata, the tensors' names, shapes, types and places, then their bytes, each at a multiple of 32.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine import packing
from engine.formats import ggml
from engine.formats.gguf.metadata import (
    ALIGNMENT,
    MAGIC,
    VERSION,
    Value,
    string_bytes,
    value_bytes,
)
from engine.formats.gguf.names import TEMPLATE_KEY, tensor_name
from engine.formats.gguf.written_vocabulary import vocabulary
from engine.formats.output import whole_file
from engine.formats.parts import interleaved, row_chunks, turns_with_position
from engine.quantize import dequantize, unpack

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from engine.checkpoint import Checkpoint
    from engine.config import ModelConfig
    from engine.formats.ggml import GgmlType
    from engine.quantize import QuantizedTensor

_FILE_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q4_1": 3, "q8_0": 7}
_TYPES = {"f32": ggml.F32, "f16": ggml.F16, "q4_0": ggml.Q4_0, "q4_1": ggml.Q4_1, "q8_0": ggml.Q8_0}

GGUF_KINDS = tuple(_FILE_TYPES)
"""The ways to keep the matrices."""


class _Tensor(NamedTuple):
    """A tensor of the file: its names here and there, its shape, and how it is kept."""

    ours: str
    name: str
    shape: tuple[int, ...]
    type: GgmlType

    @property
    def nbytes(self) -> int:
        """Its size in the file, without what fills it up to the alignment."""
        return math.prod(self.shape[:-1]) * self.type.row_bytes(self.shape[-1])


def write_gguf(path: str | os.PathLike[str], checkpoint: Checkpoint, kind: str = "q8_0") -> None:
    """Write a checkpoint as GGUF; `kind` (one of `GGUF_KINDS`) says how its matrices are kept.

    Our int8 matrices go into Q8_0 and our 4-bit ones into Q4_1 bit for bit; all else is rounded
    anew. In a ``q4_1`` file the embedding and the classifier stay Q8_0, as in our own 4-bit models;
    in ``q4_0`` all matrices are 4-bit. Raises FormatError when the disk refuses or the tokenizer
    cannot be expressed, ValueError for another `kind`.
    """
    if kind not in _TYPES:
        raise ValueError(f"there is no kind {kind} of GGUF, only {', '.join(GGUF_KINDS)}")
    tensors = list(_tensors(checkpoint.config, kind))
    metadata = _metadata(checkpoint, kind)
    with whole_file(Path(path)) as file:
        place = file.write(_head(metadata, tensors))
        for tensor in tensors:
            place += file.write(bytes(-place % ALIGNMENT))
            for piece in _pieces(checkpoint, tensor):
                place += file.write(np.ascontiguousarray(piece).data)


def _tensors(config: ModelConfig, kind: str) -> Iterator[_Tensor]:
    for ours, shape in packing.weight_shapes(config).items():
        table = ours in ("embedding", "classifier")
        type_ = ggml.Q8_0 if kind == "q4_1" and table else _TYPES[kind]
        yield _Tensor(ours, tensor_name(ours), shape, type_ if len(shape) == 2 else ggml.F32)


def _metadata(checkpoint: Checkpoint, kind: str) -> dict[str, Value]:
    config = checkpoint.config
    values: dict[str, Value] = {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": checkpoint.name,
        "general.file_type": _FILE_TYPES[kind],
        "general.quantization_version": 2,
        "llama.block_count": config.layers,
        "llama.context_length": config.context,
        "llama.embedding_length": config.dim,
        "llama.feed_forward_length": config.hidden,
        "llama.attention.head_count": config.heads,
        "llama.attention.head_count_kv": config.kv_heads,
        "llama.attention.key_length": config.head_dim,
        "llama.attention.value_length": config.head_dim,
        "llama.attention.layer_norm_rms_epsilon": float(config.norm_eps),
        "llama.rope.dimension_count": config.head_dim,
        "llama.rope.freq_base": float(config.rope_theta),
        "llama.vocab_size": config.vocab,
    }
    if checkpoint.template:
        values[TEMPLATE_KEY] = json.dumps(dict(checkpoint.template))
    chat_template = checkpoint.card.get("chat_template")
    if isinstance(chat_template, str):
        values["tokenizer.chat_template"] = chat_template
    return values | vocabulary(checkpoint)


def _head(metadata: Mapping[str, Value], tensors: list[_Tensor]) -> bytes:
    """Everything before the tensors' bytes, filled up to the alignment."""
    parts = [MAGIC, struct.pack("<IQQ", VERSION, len(tensors), len(metadata))]
    parts += [string_bytes(key) + value_bytes(value) for key, value in metadata.items()]
    offset = 0
    for tensor in tensors:
        sizes = tensor.shape[::-1]  # the fastest running one first
        parts.append(string_bytes(tensor.name))
        parts.append(struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes))
        parts.append(struct.pack("<IQ", tensor.type.code, offset))
        offset += tensor.nbytes + -tensor.nbytes % ALIGNMENT
    head = b"".join(parts)
    return head + bytes(-len(head) % ALIGNMENT)


def _pieces(checkpoint: Checkpoint, tensor: _Tensor) -> Iterator[NDArray[np.uint8]]:
    """The bytes of a tensor, some rows at a time."""
    if len(tensor.shape) == 1:
        yield checkpoint.vectors[tensor.ours].astype("<f4").view(np.uint8)
        return
    rotated = turns_with_position(tensor.ours)
    for chunk in row_chunks(checkpoint, tensor.ours):
        rows = _encoded(chunk, tensor.type)
        yield interleaved(rows, checkpoint.config.head_dim) if rotated else rows


def _encoded(chunk: QuantizedTensor, kind: GgmlType) -> NDArray[np.uint8]:
    """Rows as bytes ``[rows, row_bytes]``, with their own bits where the type is their own."""
    integers, scales, minimums = unpack(chunk)
    if kind is ggml.Q8_0 and minimums is None:
        return ggml.q8_0_bytes(integers, scales)
    if kind is ggml.Q4_1 and minimums is not None:
        return ggml.q4_1_bytes(integers.view(np.uint8), scales, minimums)
    return ggml.encode(dequantize(chunk), kind)
