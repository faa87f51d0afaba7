"""Grouped-query attention (Ainslie et al., 2023) over keys and values in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.kernels import layout
from engine.simd.jit import kernel
from engine.simd.vectors import (
    accumulate_values,
    add,
    add_tiles,
    broadcast,
    broadcast_single,
    exponential,
    lane_maximum,
    lane_sum,
    larger,
    load,
    load_halves,
    load_integer,
    multiply,
    multiply_add,
    scale_tile,
    scatter_halves,
    store,
    store_halves,
    store_single,
    store_tile,
    subtract,
    zero_tile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = layout.PAGE
VECTOR = 4 * PAGE
"""Bytes of 16 singles: the scores of one page, or 16 numbers of a head."""
HALVES = 2 * PAGE
"""Bytes of the same in half precision."""
ZERO, ONE = np.float32(0.0), np.float32(1.0)
LOWEST = np.float32(-1e30)


@kernel
def store_key(key: int, head_dim: int, page: int, slot: int) -> None:
    """Put a head's key into `slot` of its transposed place ``[head_dim][16]`` in a page."""
    for first in range(0, head_dim, 16):
        scatter_halves(page + HALVES * first + 2 * slot, HALVES, load(key + 4 * first))


@kernel
def store_value(value: int, head_dim: int, page: int, slot: int) -> None:
    """Put a head's value into `slot` of its place ``[16][head_dim]`` in a page."""
    for first in range(0, head_dim, 16):
        store_halves(page + 2 * (slot * head_dim + first), load(value + 4 * first))


@kernel
def _page_scores(query: int, keys: int, head_dim: int) -> Any:
    """The dot products of a query with the 16 keys of a page, in four interleaved sums."""
    a = broadcast(ZERO)
    b, c, d = a, a, a
    for i in range(0, head_dim, 4):
        q = query + 4 * i
        k = keys + HALVES * i
        a = multiply_add(broadcast_single(q), load_halves(k), a)
        b = multiply_add(broadcast_single(q + 4), load_halves(k + HALVES), b)
        c = multiply_add(broadcast_single(q + 8), load_halves(k + 2 * HALVES), c)
        d = multiply_add(broadcast_single(q + 12), load_halves(k + 3 * HALVES), d)
    return add(add(a, b), add(c, d))


@kernel
def _softmax(scores: int, length: int) -> Any:
    """Turn the scores into ``e ** (score - max)`` in place; gives one over their sum.

    Scores beyond `length`, in the last page, come out as good as zero.
    """
    pages = (length + PAGE - 1) // PAGE
    for position in range(length, pages * PAGE):
        store_single(scores + 4 * position, LOWEST)
    peaks = broadcast(LOWEST)
    for page in range(pages):
        peaks = larger(peaks, load(scores + VECTOR * page))
    peak = broadcast(lane_maximum(peaks))
    total = broadcast(ZERO)
    for page in range(pages):
        place = scores + VECTOR * page
        weight = exponential(subtract(load(place), peak))
        total = add(total, weight)
        store(place, weight)
    return ONE / lane_sum(total)


def _mix_kernel(vectors: int) -> Callable[..., None]:
    """Compile the weighted sum of values for ``16 * vectors`` numbers of a head.

    Even and odd positions go into two tiles, so that additions need not wait for each other.
    """
    zeros, accumulate, plus = (
        zero_tile(vectors),
        accumulate_values(vectors),
        add_tiles(vectors),
    )
    scaled, stored = scale_tile(vectors), store_tile(vectors, 1)

    @kernel
    def mix(
        weights: int, length: int, table: int, offset: int, head_dim: int, factor: float, out: int
    ) -> None:
        even, odd = zeros(), zeros()
        for start in range(0, length, PAGE):
            values = load_integer(table + 8 * (start // PAGE)) + offset
            weight = weights + 4 * start
            count = min(PAGE, length - start)
            for _ in range(count // 2):
                even = accumulate(even, weight, values)
                odd = accumulate(odd, weight + 4, values + 2 * head_dim)
                weight += 8
                values += 4 * head_dim
            if count % 2:
                even = accumulate(even, weight, values)
        stored(scaled(plus(even, odd), factor), out, 0)

    return mix


_mix4, _mix3, _mix2, _mix1 = (_mix_kernel(vectors) for vectors in (4, 3, 2, 1))


@kernel
def _mix_values(
    weights: int, length: int, table: int, offset: int, head_dim: int, factor: float, out: int
) -> None:
    """Write ``factor * sum(weight * value)`` over `length` positions, `head_dim` singles, at `out`.

    The first value lies `offset` bytes into each page of the table.
    """
    first = 0
    while first + 64 <= head_dim:
        place = out + 4 * first
        _mix4(weights, length, table, offset + 2 * first, head_dim, factor, place)
        first += 64
    place, offset = out + 4 * first, offset + 2 * first
    if head_dim - first == 48:
        _mix3(weights, length, table, offset, head_dim, factor, place)
    elif head_dim - first == 32:
        _mix2(weights, length, table, offset, head_dim, factor, place)
    elif head_dim - first == 16:
        _mix1(weights, length, table, offset, head_dim, factor, place)


@kernel
def attend(
    query: int,
    head_dim: int,
    scale: float,
    table: int,
    keys: int,
    values: int,
    length: int,
    scores: int,
    out: int,
) -> None:
    """One head of one row: ``softmax(query . keys * scale) @ values`` over `length` positions.

    `table` is the address of the row's page table; a head's keys and values lie `keys` and `values`
    bytes into each page; `scores` has room for whole pages of singles.
    """
    for page in range((length + PAGE - 1) // PAGE):
        place = load_integer(table + 8 * page) + keys
        dots = _page_scores(query, place, head_dim)
        store(scores + VECTOR * page, multiply(dots, broadcast(scale)))
    factor = _softmax(scores, length)
    _mix_values(scores, length, table, values, head_dim, factor, out)
