"""Products with weights of four bits: two of them in a byte, 0 to 15 each.

Taken apart they are unsigned bytes, what ``vpdpbusd`` wants, without an offset to take off again.
A group of 32 products of 0..15 with -127..127 fits 16 bits, so where there is no such instruction
the sums of a group stay in 16-bit lanes to its end: one ``pmaddubsw`` on AVX2, two 16-bit
multiplications elsewhere.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.simd.isa import Isa
from engine.simd.jit import operation
from engine.simd.vectors import (
    _F32,
    _F32X16,
    _I8,
    _I8X64,
    _I16,
    _I16X16,
    _I32,
    _I32X16,
    ADDRESS,
    ISA,
    _broadcast_integer,
    _call,
    _constant,
    _dot,
    _fma,
    _load,
    _offset,
    _pick,
    _row_places,
    _splat,
    _widen,
    tile_type,
)

_LINES = 4
_OFFSET_TO_SUM = ir.Constant(_F32X16, [-1 / 128] * 16)
_I16X32 = ir.VectorType(_I16, 32)
_I8X32 = ir.VectorType(_I8, 32)


def multiply_group4(blocks: int, rows: int) -> Any:
    """The operation that multiplies a group of 32 columns into a tile of `blocks` x `rows` sums.

    As `vectors.multiply_group`, for weights of four bits: ``sum += activation scale * (steps *
    integer dot product + minimums * sum of the integer activations)``. Arguments: the tile; where
    the first block's group lies (steps, minimums, weights), and the bytes from one block to the
    next; where the first row's values, scale and offset (-128 times the sum) lie, and the bytes
    from one row to the next for values and for the other two.
    """
    kind = tile_type(blocks * rows)

    @operation(kind, kind, *[ADDRESS] * 7)
    def accumulate(builder: Any, tile: Any, *addresses: Any) -> Any:
        group_at, block_stride, values_at, scale_at, offset_at = addresses[:5]
        row_places = _row_places(builder, rows, (values_at, scale_at, offset_at), addresses[5:])
        totals: list[list[Any]] = [[None] * rows for _ in range(blocks)]
        for line in range(_LINES):
            inputs = [
                [
                    _broadcast_integer(builder, _offset(builder, values, 8 * line + 4 * half))
                    for values, _, _ in row_places
                ]
                for half in (0, 1)
            ]
            place = _offset(builder, group_at, 64 + 64 * line)
            for block in range(blocks):
                halves = _apart(builder, _load(builder, place, _I8X64, 1))
                for weights, values in zip(halves, inputs, strict=True):
                    totals[block] = [
                        _add_products(builder, total, weights, value)
                        for total, value in zip(totals[block], values, strict=True)
                    ]
                place = builder.add(place, block_stride)
        # Offsets are sums times -128, and so the minimums are divided by that: both are exact.
        factors = [
            _splat(builder, _load(builder, scale, _F32, 4), _F32X16) for _, scale, _ in row_places
        ]
        offsets = [
            builder.sitofp(_broadcast_integer(builder, offset), _F32X16)
            for _, _, offset in row_places
        ]
        for block in range(blocks):
            steps = _widen(builder, _load(builder, group_at, _I16X16, 2))
            minimums = _widen(builder, _load(builder, _offset(builder, group_at, 32), _I16X16, 2))
            minimums = builder.fmul(minimums, _OFFSET_TO_SUM)
            for row in range(rows):
                number = block * rows + row
                products = builder.sitofp(_whole(builder, totals[block][row]), _F32X16)
                value = _fma(builder, minimums, offsets[row], builder.fmul(products, steps))
                total = _fma(builder, value, factors[row], builder.extract_value(tile, number))
                tile = builder.insert_value(tile, total, number)
            group_at = builder.add(group_at, block_stride)
        return tile

    return accumulate


def _apart(builder: Any, pairs: Any) -> tuple[Any, Any]:
    """The low and the high halves of 64 bytes."""
    shorts = builder.bitcast(pairs, _I16X32)
    mask = _constant(_I16X32, 0x0F0F)
    high = builder.lshr(shorts, _constant(_I16X32, 4))
    return (
        builder.bitcast(builder.and_(shorts, mask), _I8X64),
        builder.bitcast(builder.and_(high, mask), _I8X64),
    )


def _add_products(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """Add four products to each of 16 sums, which `_whole` finishes; None is a sum of nothing."""
    if ISA in (Isa.VNNI512, Isa.VNNI256):
        start = ir.Constant(_I32X16, None) if total is None else total
        return _dot(builder, start, weights, values)
    products = _short_products(builder, weights, values)
    return products if total is None else builder.add(total, products)


def _short_products(builder: Any, weights: Any, values: Any) -> Any:
    """The sums of two neighbouring products, in 32 lanes of 16 bits."""
    values = builder.bitcast(values, _I8X64)
    if ISA is Isa.AVX2:
        parts = [
            _call(
                builder,
                "llvm.x86.avx2.pmadd.ub.sw",
                _I16X16,
                [_pick(builder, weights, lanes), _pick(builder, values, lanes)],
            )
            for lanes in (range(32), range(32, 64))
        ]
        return builder.shuffle_vector(*parts, ir.Constant(ir.VectorType(_I32, 32), list(range(32))))
    eight = _constant(_I16X32, 8)
    weights, values = builder.bitcast(weights, _I16X32), builder.bitcast(values, _I16X32)
    even = builder.mul(
        builder.and_(weights, _constant(_I16X32, 255)),
        builder.ashr(builder.shl(values, eight), eight),
    )
    odd = builder.mul(builder.lshr(weights, eight), builder.ashr(values, eight))
    return builder.add(even, odd)


def _whole(builder: Any, total: Any) -> Any:
    """The sums of a group, in 16 lanes of 32 bits."""
    if ISA in (Isa.VNNI512, Isa.VNNI256):
        return total
    pairs = builder.bitcast(total, _I32X16)
    sixteen = _constant(_I32X16, 16)
    low = builder.ashr(builder.shl(pairs, sixteen), sixteen)
    return builder.add(low, builder.ashr(pairs, sixteen))
