"""Integer matrix products: blocks of packed weights times quantised rows.

The work is cut into tiles. A tile holds the sums of a few blocks times a few rows in registers
while it walks along the columns; bigger tiles load each weight, and each activation, less often.
Every sum is made group by group in the same order, so the tile's shape never changes a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import layout
from engine.kernels.activations import row_of
from engine.simd.jit import kernel
from engine.simd.vectors import (
    add_tiles,
    load_tile,
    multiply_group,
    prefetch,
    store_tile,
    zero_tile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernels.activations import Quantised

GROUP_BYTES, SCALE_BYTES, BLOCK_ROWS = layout.GROUP_BYTES, layout.SCALE_BYTES, layout.BLOCK_ROWS
LINE = layout.LINE
AHEAD = 4096
"""How many bytes before their use weights are asked for."""

head_bytes = kernel(layout.head_bytes)


@kernel
def block_bytes(groups: int) -> int:
    """Bytes of a block whose rows have `groups` groups; see `layout.block_bytes`."""
    return head_bytes(groups) + groups * GROUP_BYTES


class Matrix(NamedTuple):
    """A packed matrix: where it lies, the blocks of 16 rows, the groups of 32 columns."""

    address: int
    blocks: int
    groups: int


@kernel
def matrix_at(address: int, rows: int, columns: int) -> Matrix:
    """The matrix of these sizes at `address`."""
    return Matrix(address, rows // BLOCK_ROWS, columns // layout.GROUP)


@kernel
def _prefetch_group(weights: int) -> None:
    """Ask for the lines of the group that lies AHEAD of `weights`."""
    for line in range(GROUP_BYTES // LINE):
        prefetch(weights + AHEAD + LINE * line)


def _tile_kernel(blocks: int, rows: int) -> Callable[..., None]:
    """Compile the product of `blocks` blocks with `rows` rows."""
    zeros, loaded, stored = (
        zero_tile(blocks * rows),
        load_tile(blocks, rows),
        store_tile(blocks, rows),
    )
    plus, accumulate = add_tiles(blocks * rows), multiply_group(blocks, rows)

    @kernel
    def multiply_tile(
        block: int, groups: int, x: Quantised, out: int, out_stride: int, adding: bool, cold: bool
    ) -> None:
        stride = block_bytes(groups)
        weights = block + head_bytes(groups)
        tile = zeros()
        for group in range(groups):
            start = weights + GROUP_BYTES * group
            if cold:
                for number in range(blocks):
                    _prefetch_group(start + number * stride)
            tile = accumulate(
                tile,
                block + SCALE_BYTES * group,
                start,
                stride,
                x.values + layout.GROUP * group,
                x.scales + 4 * group,
                x.offsets + 4 * group,
                x.value_stride,
                x.scale_stride,
            )
        if adding:
            tile = plus(tile, loaded(out, out_stride))
        stored(tile, out, out_stride)

    return multiply_tile


def _column_kernel(blocks: int) -> Callable[..., None]:
    """Compile the product of `blocks` blocks with any number of rows."""
    eight, four, one = (_tile_kernel(blocks, rows) for rows in (8, 4, 1))

    @kernel
    def multiply_blocks(
        block: int, groups: int, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
    ) -> None:
        row = 0
        while row + 8 <= rows:
            place = out + row * out_stride
            eight(block, groups, row_of(x, row), place, out_stride, adding, row == 0)
            row += 8
        while row + 4 <= rows:
            place = out + row * out_stride
            four(block, groups, row_of(x, row), place, out_stride, adding, row == 0)
            row += 4
        while row < rows:
            place = out + row * out_stride
            one(block, groups, row_of(x, row), place, out_stride, adding, row == 0)
            row += 1

    return multiply_blocks


BLOCKS = 1
_columns = _column_kernel(BLOCKS)


@kernel
def multiply_rows(
    matrix: Matrix, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """``out[row] = matrix @ x[row]``, or ``+=`` when `adding`, for the first `rows` rows.

    `out` is the address of singles, `out_stride` the bytes from row to row.
    """
    size = block_bytes(matrix.groups)
    for block in range(0, matrix.blocks, BLOCKS):
        start = matrix.address + block * size
        place = out + 4 * BLOCK_ROWS * block
        _columns(start, matrix.groups, x, rows, place, out_stride, adding)
