"""Grouped-query attention (Ainslie et al., 2023) over keys and values in pages.

Queries that look at the same pages are taken together, up to four at a time: the heads of one row
that share keys and values, or one head of several rows. So keys and values are loaded once for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.kernels import layout
from engine.simd.attention import (
    add_key_products,
    add_weighted_value,
    load_query_tile,
    store_query_tile,
    store_scores,
)
from engine.simd.jit import kernel
from engine.simd.vectors import (
    add,
    broadcast,
    exponential,
    lane_maximum,
    lane_sum,
    larger,
    load,
    load_integer,
    multiply,
    scatter_halves,
    store,
    store_halves,
    store_single,
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


class Queries(NamedTuple):
    """A few query heads of one key-value head, and where their results go.

    Strides are bytes from one query to the next; those of tables and positions are 0 for the heads
    of one row.
    """

    query: int
    query_stride: int
    out: int
    out_stride: int
    table: int
    """Where the address of the first query's page table lies."""
    position: int
    """Where the first query's position lies."""
    row_stride: int


class Head(NamedTuple):
    """A key-value head: its size, where in a page its keys and values lie, the scores' scale."""

    head_dim: int
    keys: int
    values: int
    scale: float


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
def _page_of(queries: Queries, number: int, page: int) -> int:
    """The address of a page of one query."""
    table = load_integer(queries.table + queries.row_stride * number)
    address: int = load_integer(table + 8 * page)
    return address


@kernel
def _length_of(queries: Queries, number: int) -> int:
    """How many positions a query looks at."""
    position: int = load_integer(queries.position + queries.row_stride * number)
    return position + 1


@kernel
def _from(queries: Queries, number: int) -> Queries:
    """The queries from one on."""
    return Queries(
        queries.query + number * queries.query_stride,
        queries.query_stride,
        queries.out + number * queries.out_stride,
        queries.out_stride,
        queries.table + number * queries.row_stride,
        queries.position + number * queries.row_stride,
        queries.row_stride,
    )


@kernel
def _together(queries: Queries, count: int) -> int:
    """How many positions all `count` queries look at in the same pages."""
    length = _length_of(queries, 0)
    if queries.row_stride == 0:
        return length
    for number in range(1, count):
        length = min(length, _length_of(queries, number))
        page = 0
        while page * PAGE < length and _page_of(queries, number, page) == _page_of(
            queries, 0, page
        ):
            page += 1
        length = min(length, page * PAGE)
    return length


def _scores_kernel(count: int) -> Callable[..., None]:
    """Compile the scores of `count` queries, for the pages from `first` to before `last`."""
    zeros, accumulate, stored = (
        zero_tile(2 * count),
        add_key_products(count),
        store_scores(count),
    )

    @kernel
    def score(
        queries: Queries, head: Head, first: int, last: int, scores: int, stride: int
    ) -> None:
        for page in range(first, last):
            keys = _page_of(queries, 0, page) + head.keys
            tile = zeros()
            for i in range(0, head.head_dim, 2):
                place = keys + HALVES * i
                tile = accumulate(tile, queries.query + 4 * i, queries.query_stride, place)
            stored(tile, head.scale, scores + VECTOR * page, stride)

    return score


@kernel
def _softmax(scores: int, length: int) -> None:
    """Turn the scores into weights in place: ``e ** (score - max)`` over their sum.

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
    factor = broadcast(ONE / lane_sum(total))
    for page in range(pages):
        place = scores + VECTOR * page
        store(place, multiply(load(place), factor))


def _mix_kernel(count: int, vectors: int) -> Callable[..., None]:
    """Compile the weighted sums of values of `count` queries, ``16 * vectors`` numbers of each.

    The positions from `first` to before `last` are added to what lies there, or, from 0 on, to 0.
    """
    zeros, accumulate = zero_tile(count * vectors), add_weighted_value(count, vectors)
    loaded, stored = load_query_tile(count, vectors), store_query_tile(count, vectors)

    @kernel
    def mix(
        queries: Queries, head: Head, column: int, first: int, last: int, weights: int, stride: int
    ) -> None:
        out = queries.out + 4 * column
        tile = loaded(out, queries.out_stride) if first else zeros()
        position = first
        while position < last:
            page = _page_of(queries, 0, position // PAGE) + head.values + 2 * column
            end = min(last, position // PAGE * PAGE + PAGE)
            while position < end:
                value = page + 2 * head.head_dim * (position % PAGE)
                tile = accumulate(tile, weights + 4 * position, stride, value)
                position += 1
        stored(tile, out, queries.out_stride)

    return mix


def _values_kernel(count: int) -> Callable[..., None]:
    """Compile the weighted sums of values of `count` queries, for any size of heads."""
    mix4, mix3, mix2, mix1 = (_mix_kernel(count, vectors) for vectors in (4, 3, 2, 1))

    @kernel
    def mix_values(
        queries: Queries, head: Head, first: int, last: int, weights: int, stride: int
    ) -> None:
        column = 0
        while column + 64 <= head.head_dim:
            mix4(queries, head, column, first, last, weights, stride)
            column += 64
        if head.head_dim - column == 48:
            mix3(queries, head, column, first, last, weights, stride)
        elif head.head_dim - column == 32:
            mix2(queries, head, column, first, last, weights, stride)
        elif head.head_dim - column == 16:
            mix1(queries, head, column, first, last, weights, stride)

    return mix_values


_score1, _values1 = _scores_kernel(1), _values_kernel(1)


def _attend_kernel(count: int) -> Callable[..., None]:
    """Compile attention for `count` queries at once."""
    score, mix_values = _scores_kernel(count), _values_kernel(count)

    @kernel
    def attend_together(queries: Queries, head: Head, scores: int, stride: int) -> None:
        common = _together(queries, count)
        pages = (common + PAGE - 1) // PAGE
        score(queries, head, 0, pages, scores, stride)
        for number in range(count):
            own, place = _from(queries, number), scores + number * stride
            length = _length_of(own, 0)
            _score1(own, head, pages, (length + PAGE - 1) // PAGE, place, 0)
            _softmax(place, length)
        mix_values(queries, head, 0, common, scores, stride)
        for number in range(count):
            own, place = _from(queries, number), scores + number * stride
            if common < _length_of(own, 0):
                _values1(own, head, common, _length_of(own, 0), place, 0)

    return attend_together


_attend4, _attend3, _attend2, _attend1 = (_attend_kernel(count) for count in (4, 3, 2, 1))


@kernel
def attend(queries: Queries, count: int, head: Head, scores: int, stride: int) -> None:
    """Each query's ``softmax(query . keys * scale) @ values``, over its row's positions.

    `scores` has room for four rows of whole pages of singles, `stride` bytes from row to row.
    """
    first = 0
    while first + 4 <= count:
        _attend4(_from(queries, first), head, scores, stride)
        first += 4
    queries = _from(queries, first)
    if count - first == 3:
        _attend3(queries, head, scores, stride)
    elif count - first == 2:
        _attend2(queries, head, scores, stride)
    elif count - first == 1:
        _attend1(queries, head, scores, stride)
