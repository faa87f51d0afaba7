"""Integer matrix products: blocks of packed weights times quantised rows.

The work is cut into tiles. A tile holds the sums of a few blocks times a few rows in registers
while it walks along the columns; bigger tiles load each weight, and each activation, less often.
Every sum is made group by group in the same order, so the tile's shape never changes a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import layout
from engine.kernels.activations import row_of
from engine.kernels.matmul4 import multiply_rows4
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
AHEAD = 5120
"""How many bytes before their use weights are asked for, where blocks are read one by one."""

head_bytes = kernel(layout.head_bytes)


@kernel
def block_bytes(groups: int) -> int:
    """Bytes of a block whose rows have `groups` groups; see `layout.block_bytes`."""
    return head_bytes(groups) + groups * GROUP_BYTES


class Matrix(NamedTuple):
    """A packed matrix: where it lies, the blocks of 16 rows, the groups of 32 columns.

    `bits` a weight are 8 or 4.
    """

    address: int
    blocks: int
    groups: int
    bits: int


@kernel
def matrix_at(address: int, rows: int, columns: int, bits: int) -> Matrix:
    """The matrix of these sizes at `address`."""
    return Matrix(address, rows // BLOCK_ROWS, columns // layout.GROUP, bits)


@kernel
def _prefetch_group(weights: int) -> None:
    """Ask for the lines of a group."""
    for line in range(GROUP_BYTES // LINE):
        prefetch(weights + LINE * line)


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
        # Blocks read side by side ask for the same place in the blocks that come next.
        ahead = AHEAD if blocks == 1 else blocks * stride
        weights = block + head_bytes(groups)
        tile = zeros()
        for group in range(groups):
            start = weights + GROUP_BYTES * group
            if cold:
                for number in range(blocks):
                    _prefetch_group(start + ahead + number * stride)
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
def multiply_rows(
    matrix: Matrix, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """``out[row] = matrix @ x[row]``, or ``+=`` when `adding`, for the first `rows` rows.

    `out` is the address of singles, `out_stride` the bytes from row to row.
    """
    if matrix.bits == 4:
        multiply_rows4(matrix, x, rows, out, out_stride, adding)
    else:
        _multiply_rows8(matrix, x, rows, out, out_stride, adding)


@kernel
def _multiply_rows8(
    matrix: Matrix, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """The same for a matrix of eight bits."""
    size = block_bytes(matrix.groups)
    block = 0
    # A single row is bound by reading the weights, best in one stream.
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
