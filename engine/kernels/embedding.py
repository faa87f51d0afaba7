"""Looking a token up in the packed embedding matrix."""

from __future__ import annotations

import numpy as np

from engine.kernels import layout
from engine.kernels.matmul import block_bytes, head_bytes
from engine.simd.jit import kernel
from engine.simd.vectors import load_byte, load_half, store_single

GROUP, GROUP_BYTES, SCALE_BYTES = layout.GROUP, layout.GROUP_BYTES, layout.SCALE_BYTES
BLOCK_ROWS = layout.BLOCK_ROWS


@kernel
def embed(matrix: int, token: int, dim: int, out: int) -> None:
    """Write row `token` of the packed matrix as `dim` singles at `out`."""
    groups = dim // GROUP
    block = matrix + token // BLOCK_ROWS * block_bytes(groups)
    row = token % BLOCK_ROWS
    for group in range(groups):
        scale = load_half(block + SCALE_BYTES * group + 2 * row)
        weights = block + head_bytes(groups) + GROUP_BYTES * group + 4 * row
        for column in range(GROUP):
            weight = load_byte(weights + column // 4 * layout.LINE + column % 4) - 128
            store_single(out + 4 * (GROUP * group + column), np.float32(weight) * scale)
