"""Integer dot products of packed weights with quantised activations, for weights of eight bits."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from engine.simd import emit
from engine.simd.emit import ISA
from engine.simd.isa import Isa
from engine.simd.jit import operation
from engine.simd.vectors import ADDRESS, tile_type


def multiply_group(blocks: int, rows: int) -> Any:
    """The operation that multiplies a group of 32 columns into a tile of `blocks` x `rows` sums.

    A block is sixteen weight rows, so a sum is one vector: sixteen outputs of one activation row.
    For each of them ``sum += weight scales * activation scale * exact integer dot product``.
    Arguments: the tile; where the first block's scales and weights lie, and the bytes from one
    block to the next; where the first row's values, scale and offset lie, and the bytes from one
    row to the next for values and for the other two.
    """
    kind = tile_type(blocks * rows)

    @operation(kind, kind, *[ADDRESS] * 8)
    def accumulate(builder: Any, tile: Any, *addresses: Any) -> Any:
        scales_at, weights_at, block_stride, values_at, scale_at, offset_at = addresses[:6]
        places = row_places(builder, rows, (values_at, scale_at, offset_at), addresses[6:])
        totals = [
            [emit.broadcast_integer(builder, offset) for _, _, offset in places]
            for _ in range(blocks)
        ]
        for four in range(8):
            inputs = [
                emit.broadcast_integer(builder, emit.offset(builder, values, 4 * four))
                for values, _, _ in places
            ]
            weights = emit.offset(builder, weights_at, 64 * four)
            for block in range(blocks):
                vector = emit.load(builder, weights, emit.I8X64, 1)
                totals[block] = [
                    dot(builder, total, vector, row)
                    for total, row in zip(totals[block], inputs, strict=True)
                ]
                weights = builder.add(weights, block_stride)
        for block in range(blocks):
            scales = emit.widen(builder, emit.load(builder, scales_at, emit.I16X16, 2))
            for row, (_, scale, _) in enumerate(places):
                factor = emit.splat(builder, emit.load(builder, scale, emit.F32, 4), emit.F32X16)
                number = block * rows + row
                total = emit.fma(
                    builder,
                    builder.sitofp(totals[block][row], emit.F32X16),
                    builder.fmul(scales, factor),
                    builder.extract_value(tile, number),
                )
                tile = builder.insert_value(tile, total, number)
            scales_at = builder.add(scales_at, block_stride)
        return tile

    return accumulate


def row_places(
    builder: Any, rows: int, first: tuple[Any, Any, Any], strides: tuple[Any, Any]
) -> list[tuple[Any, Any, Any]]:
    """The addresses of each row's values, scale and offset."""
    places = [first]
    for _ in range(rows - 1):
        values, scale, offset = places[-1]
        places.append(
            (
                builder.add(values, strides[0]),
                builder.add(scale, strides[1]),
                builder.add(offset, strides[1]),
            )
        )
    return places


def dot(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """Add to each of 16 sums the products of four unsigned weights with four signed values."""
    if ISA is Isa.VNNI512:
        return _vnni(builder, 512, total, weights, values)
    if ISA is Isa.VNNI256:
        halves = [
            _vnni(
                builder,
                256,
                emit.pick(builder, total, range(first, first + 8)),
                emit.pick(builder, weights, range(4 * first, 4 * first + 32)),
                emit.pick(builder, values, range(first, first + 8)),
            )
            for first in (0, 8)
        ]
        return builder.shuffle_vector(halves[0], halves[1], emit.indices(list(range(16))))
    return _plain_dot(builder, total, weights, values)


def _vnni(builder: Any, bits: int, total: Any, weights: Any, values: Any) -> Any:
    """The x86 instruction; LLVM 22 and later want vectors of bytes, older ones of integers."""
    if llvm.llvm_version_info[0] >= 22:
        values = builder.bitcast(values, weights.type)
    else:
        weights = builder.bitcast(weights, values.type)
    name = f"llvm.x86.avx512.vpdpbusd.{bits}"
    return emit.call(builder, name, total.type, [total, weights, values])


def _plain_dot(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """The same in portable code: even and odd bytes as 16-bit products, added in pairs.

    Shifts inside 16-bit lanes take the bytes apart, so that nothing crosses lanes; LLVM makes
    ``pmaddwd`` of the products and the pairwise additions on x86.
    """
    shorts, wide = ir.VectorType(emit.I16, 32), ir.VectorType(emit.I32, 32)
    eight = emit.constant(shorts, 8)
    weights, values = builder.bitcast(weights, shorts), builder.bitcast(values, shorts)
    even = (
        builder.and_(weights, emit.constant(shorts, 255)),
        builder.ashr(builder.shl(values, eight), eight),
    )
    odd = builder.lshr(weights, eight), builder.ashr(values, eight)
    for left, right in (even, odd):
        products = builder.mul(builder.sext(left, wide), builder.sext(right, wide))
        pairs = builder.add(
            emit.pick(builder, products, range(0, 32, 2)),
            emit.pick(builder, products, range(1, 32, 2)),
        )
        total = builder.add(total, pairs)
    return total
