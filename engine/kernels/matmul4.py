"""Products of quantised rows with matrices of four bits a weight; otherwise as `matmul`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernels import layout
from engine.kernels.activations import row_of
from engine.simd.jit import kernel
from engine.simd.nibbles import multiply_group4
from engine.simd.vectors import add_tiles, load_tile, prefetch, store_tile, zero_tile

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernels.activations import Quantised
    from engine.kernels.matmul import Matrix

GROUP, GROUP4_BYTES, BLOCK_ROWS = layout.GROUP, layout.GROUP4_BYTES, layout.BLOCK_ROWS
LINE = layout.LINE
AHEAD = 5120
"""How many bytes before their use weights are asked for, where blocks are read one by one."""


@kernel
def _prefetch_group(group: int) -> None:
    """Ask for the lines of a group."""
    for line in range(GROUP4_BYTES // LINE):
        prefetch(group + LINE * line)


def _tile_kernel(blocks: int, rows: int) -> Callable[..., None]:
    """Compile the product of `blocks` blocks with `rows` rows."""
    zeros, loaded, stored = (
        zero_tile(blocks * rows),
        load_tile(blocks, rows),
        store_tile(blocks, rows),
    )
    plus, accumulate = add_tiles(blocks * rows), multiply_group4(blocks, rows)

    @kernel
    def multiply_tile(
        block: int, groups: int, x: Quantised, out: int, out_stride: int, adding: bool, cold: bool
    ) -> None:
        stride = groups * GROUP4_BYTES
        # Blocks read side by side ask for the same place in the blocks that come next.
        ahead = AHEAD if blocks == 1 else blocks * stride
        tile = zeros()
        for group in range(groups):
            start = block + GROUP4_BYTES * group
            if cold:
                for number in range(blocks):
                    _prefetch_group(start + ahead + number * stride)
            tile = accumulate(
                tile,
                start,
                stride,
                x.values + GROUP * group,
                x.scales + 4 * group,
                x.offsets + 4 * group,
                x.value_stride,
                x.scale_stride,
            )
        if adding:
            tile = plus(tile, loaded(out, out_stride))
        stored(tile, out, out_stride)

    return multiply_tile


_tile11, _tile21, _tile22, _tile23, _tile24 = (
    _tile_kernel(blocks, rows) for blocks, rows in ((1, 1), (2, 1), (2, 2), (2, 3), (2, 4))
)


@kernel
def _multiply_pair(
    block: int, groups: int, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """Multiply two blocks with all rows; the first tile brings the weights into the cache."""
    row = 0
    while row + 4 <= rows:
        place = out + row * out_stride
        _tile24(block, groups, row_of(x, row), place, out_stride, adding, row == 0)
        row += 4
    x, out = row_of(x, row), out + row * out_stride
    if rows - row == 3:
        _tile23(block, groups, x, out, out_stride, adding, row == 0)
    elif rows - row == 2:
        _tile22(block, groups, x, out, out_stride, adding, row == 0)
    elif rows - row == 1:
        _tile21(block, groups, x, out, out_stride, adding, row == 0)


@kernel
def multiply_rows4(
    matrix: Matrix, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """As `matmul.multiply_rows`, for a matrix of four bits."""
    size = matrix.groups * GROUP4_BYTES
    block = 0
    while rows > 1 and block + 2 <= matrix.blocks:
        place = out + 4 * BLOCK_ROWS * block
        start = matrix.address + block * size
        _multiply_pair(start, matrix.groups, x, rows, place, out_stride, adding)
        block += 2
    while block < matrix.blocks:
        place = out + 4 * BLOCK_ROWS * block
        for row in range(rows):
            start = matrix.address + block * size
            target = place + row * out_stride
            _tile11(start, matrix.groups, row_of(x, row), target, out_stride, adding, row == 0)
        block += 1
