"""Operations of attention on tiles of queries: a few query heads that look at the same page.

A key or a value is loaded, and widened from half precision, once for all queries of a tile. The
sums of one query are made in the same order whatever the others are: tiles do not change results.
"""

from __future__ import annotations

from typing import Any

from engine.simd import emit
from engine.simd.jit import operation
from engine.simd.vectors import ADDRESS, NOTHING, SINGLE, tile_type

_PARTS = 2
"""Interleaved sums of one dot product, so that additions need not wait for each other."""


def add_key_products(queries: int) -> Any:
    """The operation that adds the products of two numbers of 16 keys to each query's two sums.

    Arguments: the tile, `zero_tile(2 * queries)` at first; the address of the first query's numbers
    and the bytes from query to query; the address of the keys' numbers, two vectors of halves.
    """
    kind = tile_type(_PARTS * queries)

    @operation(kind, kind, *[ADDRESS] * 3)
    def accumulate(builder: Any, tile: Any, query_at: Any, stride: Any, keys_at: Any) -> Any:
        keys = _load_halves(builder, keys_at, _PARTS)
        for query in range(queries):
            for part, key in enumerate(keys):
                number = _PARTS * query + part
                factor = _broadcast(builder, emit.offset(builder, query_at, 4 * part))
                total = emit.fma(builder, factor, key, builder.extract_value(tile, number))
                tile = builder.insert_value(tile, total, number)
            query_at = builder.add(query_at, stride)
        return tile

    return accumulate


def store_scores(queries: int) -> Any:
    """The operation that stores each query's 16 scores, its two sums together times a scale.

    Arguments: the tile, the scale, the address of the scores, the bytes from query to query.
    """

    @operation(NOTHING, tile_type(_PARTS * queries), SINGLE, ADDRESS, ADDRESS)
    def stored(builder: Any, tile: Any, scale: Any, scores_at: Any, stride: Any) -> None:
        factor = emit.splat(builder, scale, emit.F32X16)
        for query in range(queries):
            parts = [builder.extract_value(tile, _PARTS * query + part) for part in range(_PARTS)]
            emit.store(builder, scores_at, builder.fmul(builder.fadd(*parts), factor), 4)
            scores_at = builder.add(scores_at, stride)

    return stored


def add_weighted_value(queries: int, vectors: int) -> Any:
    """The operation ``tile += weight * value`` for `vectors` vectors of one position's value.

    Arguments: the tile, as `vectors.load_tile` numbers it; the address of the first query's weight
    and the bytes from query to query; the address of the value, in halves.
    """
    kind = tile_type(queries * vectors)

    @operation(kind, kind, *[ADDRESS] * 3)
    def accumulate(builder: Any, tile: Any, weight_at: Any, stride: Any, value_at: Any) -> Any:
        values = _load_halves(builder, value_at, vectors)
        for query in range(queries):
            weight = _broadcast(builder, weight_at)
            for place, value in enumerate(values):
                number = queries * place + query
                total = emit.fma(builder, weight, value, builder.extract_value(tile, number))
                tile = builder.insert_value(tile, total, number)
            weight_at = builder.add(weight_at, stride)
        return tile

    return accumulate


def _load_halves(builder: Any, address: Any, vectors: int) -> list[Any]:
    places = [emit.offset(builder, address, 32 * vector) for vector in range(vectors)]
    return [emit.widen(builder, emit.load(builder, place, emit.I16X16, 2)) for place in places]


def _broadcast(builder: Any, address: Any) -> Any:
    return emit.splat(builder, emit.load(builder, address, emit.F32, 4), emit.F32X16)
