"""Tiles: a few blocks of packed weights times a few quantised rows, summed up in registers.

A tile walks along the columns; the more rows and blocks it has, the less often each weight and each
activation is loaded. Every sum is made group by group in the same order, so the shape of a tile
never changes a result.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.kernels import layout
from engine.kernels.fetching import fetch
from engine.kernels.matrix import block_bytes, head_bytes
from engine.simd.jit import kernel
from engine.simd.nibbles import multiply_group4
from engine.simd.products import multiply_group
from engine.simd.vectors import add_tiles, load_tile, store_tile, zero_tile

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernels.activations import Quantised
    from engine.kernels.matrix import Matrix

GROUP, GROUP_BYTES, GROUP4_BYTES = layout.GROUP, layout.GROUP_BYTES, layout.GROUP4_BYTES
SCALE_BYTES, BLOCK_ROWS = layout.SCALE_BYTES, layout.BLOCK_ROWS


class Target(NamedTuple):
    """Where products go: the address of singles, the bytes from row to row, ``+=`` or ``=``."""

    address: int
    stride: int
    adding: bool


@kernel
def moved(target: Target, row: int, block: int) -> Target:
    """The target so many rows and blocks further on."""
    distance = row * target.stride + 4 * BLOCK_ROWS * block
    return Target(target.address + distance, target.stride, target.adding)


@cache
def tile_kernel(bits: int, blocks: int, rows: int, *, fetching: bool) -> Callable[..., int]:
    """Compile the product of `blocks` blocks of so many bits a weight with `rows` rows.

    A kernel that is `fetching` asks for as many bytes, from `wanted` on, as it reads; it gives what
    is to be asked for then.
    """
    zeros, plus = zero_tile(blocks * rows), add_tiles(blocks * rows)
    loaded, stored = load_tile(blocks, rows), store_tile(blocks, rows)
    accumulate = _eight_bits(blocks, rows) if bits == 8 else _four_bits(blocks, rows)
    group_bytes = blocks * (GROUP_BYTES if bits == 8 else GROUP4_BYTES)

    @kernel
    def multiply_tile(matrix: Matrix, block: int, x: Quantised, out: Target, wanted: int) -> int:
        if fetching and bits == 8:
            wanted = fetch(matrix.stream, wanted, matrix.end, blocks * head_bytes(matrix.groups))
        tile = zeros()
        for group in range(matrix.groups):
            if fetching:
                wanted = fetch(matrix.stream, wanted, matrix.end, group_bytes)
            tile = accumulate(tile, block, matrix.groups, group, x)
        if out.adding:
            tile = plus(tile, loaded(out.address, out.stride))
        stored(tile, out.address, out.stride)
        return wanted

    return multiply_tile


def _eight_bits(blocks: int, rows: int) -> Callable[..., Any]:
    """The kernel that adds the products of one group to a tile, for eight bits a weight."""
    operation = multiply_group(blocks, rows)

    @kernel
    def accumulate(tile: Any, block: int, groups: int, group: int, x: Quantised) -> Any:
        return operation(
            tile,
            block + SCALE_BYTES * group,
            block + head_bytes(groups) + GROUP_BYTES * group,
            block_bytes(groups, 8),
            x.values + GROUP * group,
            x.scales + 4 * group,
            x.offsets + 4 * group,
            x.value_stride,
            x.scale_stride,
        )

    return accumulate


def _four_bits(blocks: int, rows: int) -> Callable[..., Any]:
    """The same for four bits a weight."""
    operation = multiply_group4(blocks, rows)

    @kernel
    def accumulate(tile: Any, block: int, groups: int, group: int, x: Quantised) -> Any:
        return operation(
            tile,
            block + GROUP4_BYTES * group,
            block_bytes(groups, 4),
            x.values + GROUP * group,
            x.scales + 4 * group,
            x.offsets + 4 * group,
            x.value_stride,
            x.scale_stride,
        )

    return accumulate
