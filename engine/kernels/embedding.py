"""Looking a token up in the packed embedding matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.kernels import layout
from engine.kernels.matrix import block_bytes, head_bytes
from engine.simd.jit import kernel
from engine.simd.vectors import load_byte, load_half, store_single

if TYPE_CHECKING:
    from engine.kernels.matrix import Matrix

GROUP, GROUP_BYTES, SCALE_BYTES = layout.GROUP, layout.GROUP_BYTES, layout.SCALE_BYTES
GROUP4_BYTES, BLOCK_ROWS, LINE = layout.GROUP4_BYTES, layout.BLOCK_ROWS, layout.LINE


@kernel
def embed(matrix: Matrix, token: int, out: int) -> None:
    """Write row `token` of the matrix as singles at `out`."""
    block, row = token // BLOCK_ROWS, token % BLOCK_ROWS
    for group in range(matrix.groups):
        if matrix.bits == 4:
            start = matrix.address + (block * matrix.groups + group) * GROUP4_BYTES
            _embed_four(start, row, out + 4 * GROUP * group)
        else:
            start = matrix.address + block * block_bytes(matrix.groups, 8)
            scale = load_half(start + SCALE_BYTES * group + 2 * row)
            weights = start + head_bytes(matrix.groups) + GROUP_BYTES * group
            _embed_eight(weights, scale, row, out + 4 * GROUP * group)


@kernel
def _embed_eight(weights: int, scale: float, row: int, out: int) -> None:
    """A group of 32 weights of eight bits."""
    for column in range(GROUP):
        weight = load_byte(weights + column // 4 * LINE + 4 * row + column % 4) - 128
        store_single(out + 4 * column, np.float32(weight) * scale)


@kernel
def _embed_four(group: int, row: int, out: int) -> None:
    """A group of 32 weights of four bits."""
    step = load_half(group + 2 * row)
    minimum = load_half(group + SCALE_BYTES + 2 * row)
    for column in range(GROUP):
        place = group + 2 * SCALE_BYTES + column // 8 * LINE + 4 * row + column % 4
        weight = load_byte(place) >> column // 4 % 2 * 4 & 15
        store_single(out + 4 * column, np.float32(weight) * step + minimum)
