"""Integer matrix products: packed matrices times quantised rows, tile by tile.

The first tile of a block brings its weights into the cache, and asks for those that come next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.kernels.activations import row_of
from engine.kernels.fetching import first_wanted
from engine.kernels.matrix import block_bytes
from engine.kernels.tiles import Target, moved, tile_kernel
from engine.simd import emit
from engine.simd.isa import registers
from engine.simd.jit import kernel, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernels.activations import Quantised
    from engine.kernels.matrix import Stretch


@operation(emit.I64)
def _side_by_side(_builder: Any) -> Any:
    """How many blocks' sums with four rows fit the registers; LLVM leaves out what is not used."""
    return ir.Constant(emit.I64, 2 if registers(emit.ISA) >= 32 else 1)


def _further_rows_kernel(bits: int, blocks: int) -> Callable[..., None]:
    """Compile the product of so many blocks, which are in the cache, with the rows from one on."""
    tile1, tile2, tile3, tile4 = (
        tile_kernel(bits, blocks, rows, fetching=False) for rows in (1, 2, 3, 4)
    )

    @kernel
    def further_rows(
        stretch: Stretch, block: int, x: Quantised, row: int, rows: int, out: Target
    ) -> None:
        while row + 4 <= rows:
            tile4(stretch, block, row_of(x, row), moved(out, row, 0), 0)
            row += 4
        x, out = row_of(x, row), moved(out, row, 0)
        if rows - row == 3:
            tile3(stretch, block, x, out, 0)
        elif rows - row == 2:
            tile2(stretch, block, x, out, 0)
        elif rows - row == 1:
            tile1(stretch, block, x, out, 0)

    return further_rows


def _one_block_kernel(bits: int) -> Callable[..., int]:
    """Compile the product of one block with any number of rows."""
    first1, first2, first3, first4 = (
        tile_kernel(bits, 1, rows, fetching=True) for rows in (1, 2, 3, 4)
    )
    further_rows = _further_rows_kernel(bits, 1)

    @kernel
    def one_block(
        stretch: Stretch, block: int, x: Quantised, rows: int, out: Target, wanted: int
    ) -> int:
        if rows == 1:
            return first1(stretch, block, x, out, wanted)
        if rows == 2:
            return first2(stretch, block, x, out, wanted)
        if rows == 3:
            return first3(stretch, block, x, out, wanted)
        wanted = first4(stretch, block, x, out, wanted)
        further_rows(stretch, block, x, 4, rows, out)
        return wanted

    return one_block


def _two_blocks_kernel(bits: int) -> Callable[..., int]:
    """Compile the product of two blocks with three rows or more.

    Side by side they load each activation half as often, but memory is read best in one stream.
    """
    alone4, first3, first4 = (
        tile_kernel(bits, *shape, fetching=True) for shape in ((1, 4), (2, 3), (2, 4))
    )
    further_rows = _further_rows_kernel(bits, 2)

    @kernel
    def two_blocks(
        stretch: Stretch, block: int, x: Quantised, rows: int, out: Target, wanted: int
    ) -> int:
        if rows == 3:
            return first3(stretch, block, x, out, wanted)
        if stretch.stream.in_memory:
            wanted = alone4(stretch, block, x, out, wanted)
            other = block + block_bytes(stretch.groups, bits)
            wanted = alone4(stretch, other, x, moved(out, 0, 1), wanted)
        else:
            wanted = first4(stretch, block, x, out, wanted)
        further_rows(stretch, block, x, 4, rows, out)
        return wanted

    return two_blocks


def _product_kernel(bits: int) -> Callable[..., None]:
    """Compile the product of blocks of so many bits a weight with any number of rows."""
    one_block = _one_block_kernel(bits)
    two_blocks = _two_blocks_kernel(bits)

    @kernel
    def product(stretch: Stretch, x: Quantised, rows: int, out: Target) -> None:
        size = block_bytes(stretch.groups, bits)
        block = start = stretch.address
        pairs = _side_by_side() == 2 and rows >= (4 if stretch.stream.in_memory else 3)
        if pairs and not stretch.stream.in_memory:
            start += size  # of two blocks side by side the second one is wanted early
        wanted = first_wanted(stretch.stream, start)
        while pairs and block + size < stretch.end:
            wanted = two_blocks(stretch, block, x, rows, out, wanted)
            block, out = block + 2 * size, moved(out, 0, 2)
        while block < stretch.end:
            wanted = one_block(stretch, block, x, rows, out, wanted)
            block, out = block + size, moved(out, 0, 1)

    return product


_product8, _product4 = _product_kernel(8), _product_kernel(4)


@kernel
def multiply_rows(
    stretch: Stretch, x: Quantised, rows: int, out: int, out_stride: int, adding: bool
) -> None:
    """``out[row] = stretch @ x[row]``, or ``+=`` when `adding`, for the first `rows` rows.

    `out` is the address of singles, `out_stride` the bytes from row to row.
    """
    target = Target(out, out_stride, adding)
    if stretch.bits == 4:
        _product4(stretch, x, rows, target)
    else:
        _product8(stretch, x, rows, target)
