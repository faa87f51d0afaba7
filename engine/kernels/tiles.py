"""Tiles: a few blocks of packed weights times a few quantised rows, summed up in registers.

A tile walks along the columns; the more rows and blocks it has, the less often each weight and each
activation is loaded. Every sum is made group by group in the same order, so the shape of a tile
never changes a result.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import layout
from engine.kernels.fetching import fetch
from engine.kernels.matrix import block_bytes, head_bytes, scales_of, weights_of
from engine.simd.jit import kernel
from engine.simd.nibbles import multiply_group4
from engine.simd.products import multiply_group
from engine.simd.vectors import add_tiles, load_tile, store_tile, zero_tile

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.kernels.activations import Quantised
    from engine.kernels.matrix import Stretch

GROUP, GROUP_BYTES, GROUP4_BYTES = layout.GROUP, layout.GROUP_BYTES, layout.GROUP4_BYTES
BLOCK_ROWS = layout.BLOCK_ROWS


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
    accumulate = (multiply_group if bits == 8 else multiply_group4)(blocks, rows)
    group_bytes = blocks * (GROUP_BYTES if bits == 8 else GROUP4_BYTES)

    @kernel
    def multiply_tile(stretch: Stretch, block: int, x: Quantised, out: Target, wanted: int) -> int:
        if fetching and bits == 8:
            wanted = fetch(stretch.stream, wanted, blocks * head_bytes(stretch.groups))
        stride = block_bytes(stretch.groups, bits)
        tile = zeros()
        for group in range(stretch.groups):
            if fetching:
                wanted = fetch(stretch.stream, wanted, group_bytes)
            tile = accumulate(
                tile,
                scales_of(block, group, bits),
                weights_of(block, stretch.groups, group, bits),
                stride,
                x.values + GROUP * group,
                x.scales + 4 * group,
                x.offsets + 4 * group,
                x.value_stride,
                x.scale_stride,
            )
        if out.adding:
            tile = plus(tile, loaded(out.address, out.stride))
        stored(tile, out.address, out.stride)
        return wanted

    return multiply_tile
