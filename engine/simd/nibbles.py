"""Products with weights of four bits: two of them in a byte, 0 to 15 each.

Taken apart they are unsigned bytes, what ``vpdpbusd`` wants, without an offset to take off again.
A group of 32 products of 0..15 with -127..127 fits 16 bits, so where there is no such instruction
the sums of a group stay in 16-bit lanes to its end: one ``pmaddubsw`` on AVX2, two 16-bit
multiplications elsewhere.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.simd import emit
from engine.simd.emit import ISA
from engine.simd.isa import Isa
from engine.simd.jit import operation
from engine.simd.products import dot, row_places
from engine.simd.vectors import ADDRESS, tile_type

_HEAD, _LINES = 64, 4
"""Of a group in a block: the bytes of steps and minimums, and how many 64 bytes of weights."""
_I16X32 = ir.VectorType(emit.I16, 32)


def multiply_group4(blocks: int, rows: int) -> Any:
    """The operation that multiplies a group of 32 columns into a tile of `blocks` x `rows` sums.

    As `products.multiply_group`, for weights of four bits: ``sum += activation scale * (steps *
    integer dot product + minimums * sum of the integer activations)``. Arguments: the tile; where
    the first block's group lies (steps, minimums, weights), and the bytes from one block to the
    next; where the first row's values, scale and offset (-128 times the sum) lie, and the bytes
    from one row to the next for values and for the other two.
    """
    kind = tile_type(blocks * rows)

    @operation(kind, kind, *[ADDRESS] * 7)
    def accumulate(builder: Any, tile: Any, *addresses: Any) -> Any:
        group_at, block_stride, values_at, scale_at, offset_at = addresses[:5]
        groups = [group_at]
        for _ in range(blocks - 1):
            groups.append(builder.add(groups[-1], block_stride))
        places = row_places(builder, rows, (values_at, scale_at, offset_at), addresses[5:])
        products = _products(builder, groups, [values for values, _, _ in places])
        activations = [_scale_and_offset(builder, *place) for place in places]
        for block, group in enumerate(groups):
            steps, minimums = _steps_and_minimums(builder, group)
            for row, (scale, offset) in enumerate(activations):
                number = block * rows + row
                value = builder.fmul(products[block][row], steps)
                value = emit.fma(builder, minimums, offset, value)
                total = emit.fma(builder, value, scale, builder.extract_value(tile, number))
                tile = builder.insert_value(tile, total, number)
        return tile

    return accumulate


def _products(builder: Any, groups: list[Any], rows: list[Any]) -> list[list[Any]]:
    """The integer dot products of each group with each row's values, as singles."""
    totals: list[list[Any]] = [[None] * len(rows) for _ in groups]
    for line in range(_LINES):
        low, high = (
            [
                emit.broadcast_integer(builder, emit.offset(builder, values, 8 * line + 4 * half))
                for values in rows
            ]
            for half in (0, 1)
        )
        for block, group in enumerate(groups):
            place = emit.offset(builder, group, _HEAD + 64 * line)
            halves = _apart(builder, emit.load(builder, place, emit.I8X64, 1))
            for weights, inputs in zip(halves, (low, high), strict=True):
                totals[block] = [
                    _add_products(builder, total, weights, values)
                    for total, values in zip(totals[block], inputs, strict=True)
                ]
    return [
        [builder.sitofp(_whole(builder, total), emit.F32X16) for total in row] for row in totals
    ]


def _scale_and_offset(builder: Any, _values: Any, scale: Any, offset: Any) -> tuple[Any, Any]:
    """What belongs to a group of a row's activations, in all lanes."""
    factor = emit.load(builder, scale, emit.F32, 4)
    integer = emit.broadcast_integer(builder, offset)
    return emit.splat(builder, factor, emit.F32X16), builder.sitofp(integer, emit.F32X16)


def _steps_and_minimums(builder: Any, group: Any) -> tuple[Any, Any]:
    """What belongs to a group of 16 rows' weights.

    An activation's offset is -128 times a sum, and so the minimums are divided by that: exactly.
    """
    halves = (
        emit.load(builder, emit.offset(builder, group, place), emit.I16X16, 2)
        for place in (0, _HEAD // 2)
    )
    steps, minimums = (emit.widen(builder, half) for half in halves)
    return steps, builder.fmul(minimums, emit.constant(emit.F32X16, -1 / 128))


def _apart(builder: Any, pairs: Any) -> tuple[Any, Any]:
    """The low and the high halves of 64 bytes."""
    shorts = builder.bitcast(pairs, _I16X32)
    mask = emit.constant(_I16X32, 0x0F0F)
    high = builder.lshr(shorts, emit.constant(_I16X32, 4))
    return (
        builder.bitcast(builder.and_(shorts, mask), emit.I8X64),
        builder.bitcast(builder.and_(high, mask), emit.I8X64),
    )


def _add_products(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """Add four products to each of 16 sums, which `_whole` finishes; None is a sum of nothing."""
    if ISA in (Isa.VNNI512, Isa.VNNI256):
        start = ir.Constant(emit.I32X16, None) if total is None else total
        return dot(builder, start, weights, values)
    products = _short_products(builder, weights, values)
    return products if total is None else builder.add(total, products)


def _short_products(builder: Any, weights: Any, values: Any) -> Any:
    """The sums of two neighbouring products, in 32 lanes of 16 bits."""
    values = builder.bitcast(values, emit.I8X64)
    if ISA is Isa.AVX2:
        parts = [
            emit.call(
                builder,
                "llvm.x86.avx2.pmadd.ub.sw",
                emit.I16X16,
                [emit.pick(builder, weights, lanes), emit.pick(builder, values, lanes)],
            )
            for lanes in (range(32), range(32, 64))
        ]
        return builder.shuffle_vector(*parts, emit.indices(list(range(32))))
    eight = emit.constant(_I16X32, 8)
    weights, values = builder.bitcast(weights, _I16X32), builder.bitcast(values, _I16X32)
    even = builder.mul(
        builder.and_(weights, emit.constant(_I16X32, 255)),
        builder.ashr(builder.shl(values, eight), eight),
    )
    odd = builder.mul(builder.lshr(weights, eight), builder.ashr(values, eight))
    return builder.add(even, odd)


def _whole(builder: Any, total: Any) -> Any:
    """The sums of a group, in 16 lanes of 32 bits."""
    if ISA in (Isa.VNNI512, Isa.VNNI256):
        return total
    pairs = builder.bitcast(total, emit.I32X16)
    sixteen = emit.constant(emit.I32X16, 16)
    low = builder.ashr(builder.shl(pairs, sixteen), sixteen)
    return builder.add(low, builder.ashr(pairs, sixteen))
