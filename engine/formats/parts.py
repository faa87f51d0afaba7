"""A checkpoint's matrices one by one, as they were trained, a few rows at a time.

The kernels' layout fuses matrices and keeps them in blocks of 16 rows (`engine.packing`,
`engine.kernels.layout`). A trained matrix is some of those blocks, so it can be taken out without
unpacking the rest, and a large one without holding all of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from engine.kernels.layout import BLOCK_ROWS, blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.checkpoint import Checkpoint
    from engine.config import ModelConfig
    from engine.quantize import QuantizedTensor

_CHUNK_BLOCKS = 256
_Scalar = TypeVar("_Scalar", bound=np.generic)


def row_chunks(checkpoint: Checkpoint, name: str) -> Iterator[QuantizedTensor]:
    """The rows of a trained matrix such as ``layers.0.q``, in order, packed.

    A chunk of queries or keys holds whole heads.
    """
    fused, taken = place(checkpoint.config, name)
    tensor = checkpoint.matrices[fused]
    blocks = tensor.packed.reshape(blocks_of(tensor.rows), -1)[taken]
    rows = tensor.rows if taken == slice(None) else len(blocks) * BLOCK_ROWS
    head = checkpoint.config.head_dim // BLOCK_ROWS
    step = head * max(1, _CHUNK_BLOCKS // head)
    for begin in range(0, len(blocks), step):
        chunk = np.ascontiguousarray(blocks[begin : begin + step])
        chunk_rows = min(rows - begin * BLOCK_ROWS, len(chunk) * BLOCK_ROWS)
        yield replace(tensor, rows=chunk_rows, packed=chunk.reshape(-1))


def place(config: ModelConfig, name: str) -> tuple[str, slice]:
    """The fused matrix that holds a trained one, and which of its blocks of rows."""
    layer, _, part = name.rpartition(".")
    queries = config.heads * config.head_dim // BLOCK_ROWS
    keys = config.kv_heads * config.head_dim // BLOCK_ROWS
    places = {
        "q": ("qkv", slice(0, queries)),
        "k": ("qkv", slice(queries, queries + keys)),
        "v": ("qkv", slice(queries + keys, None)),
        "gate": ("gate_up", slice(0, None, 2)),
        "up": ("gate_up", slice(1, None, 2)),
    }
    fused, taken = places.get(part, (part, slice(None)))
    return f"{layer}.{fused}" if layer else fused, taken


def turns_with_position(name: str) -> bool:
    """Whether RoPE rotates what this matrix makes, so that the order of its rows is a convention.

    GGUF and llama2.c keep the two rows of a rotated pair side by side; ours, as Hugging Face's,
    lie half a head apart.
    """
    return name.endswith((".q", ".k"))


def interleaved(rows: NDArray[_Scalar], head_dim: int) -> NDArray[_Scalar]:
    """Rows of whole heads, our order to GGUF's and llama2.c's."""
    pairs = rows.reshape(-1, 2, head_dim // 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)


def half_split(rows: NDArray[_Scalar], head_dim: int) -> NDArray[_Scalar]:
    """The inverse of `interleaved`."""
    pairs = rows.reshape(-1, head_dim // 2, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)
