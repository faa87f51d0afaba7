"""Sixteen-lane vectors: types, loads and stores by address, arithmetic.

The kernels see plain calls such as ``multiply_add(a, b, c)``; each writes one LLVM vector
operation, which LLVM fits to the registers of the machine. Addresses are plain integers. Every
reduction adds its lanes in one fixed order, so that all machines compute the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from engine.simd import emit
from engine.simd.emit import LANES
from engine.simd.jit import kernel, operation

NOTHING = None
ADDRESS = INTEGER = emit.I64
INTEGER32, SINGLE = emit.I32, emit.F32
F32X8, F32X16, I32X16 = emit.F32X8, emit.F32X16, emit.I32X16


def tile_type(vectors: int) -> Any:
    """The type of `vectors` 16-lane sums that a kernel holds at once."""
    return ir.ArrayType(emit.F32X16, vectors)


# ------------------------------------------------------------------ memory


@operation(F32X16, ADDRESS)
def load(builder: Any, address: Any) -> Any:
    """Sixteen singles at `address`."""
    return emit.load(builder, address, emit.F32X16, 4)


@operation(F32X8, ADDRESS)
def load8(builder: Any, address: Any) -> Any:
    """Eight singles at `address`."""
    return emit.load(builder, address, emit.F32X8, 4)


@operation(F32X16, ADDRESS)
def load_halves(builder: Any, address: Any) -> Any:
    """Sixteen halves at `address`, widened."""
    return emit.widen(builder, emit.load(builder, address, emit.I16X16, 2))


@operation(INTEGER, ADDRESS)
def load_integer(builder: Any, address: Any) -> Any:
    """The 64-bit integer at `address`."""
    return emit.load(builder, address, emit.I64, 8)


@operation(SINGLE, ADDRESS)
def load_single(builder: Any, address: Any) -> Any:
    """The single at `address`."""
    return emit.load(builder, address, emit.F32, 4)


@operation(SINGLE, ADDRESS)
def load_half(builder: Any, address: Any) -> Any:
    """The half at `address`, widened."""
    half = emit.splat(builder, emit.load(builder, address, emit.I16, 2), emit.I16X16)
    return builder.extract_element(emit.widen(builder, half), ir.Constant(emit.I32, 0))


@operation(INTEGER, ADDRESS)
def load_byte(builder: Any, address: Any) -> Any:
    """The unsigned byte at `address`."""
    return builder.zext(emit.load(builder, address, emit.I8, 1), emit.I64)


@operation(NOTHING, ADDRESS, F32X16)
def store(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen singles at `address`."""
    emit.store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, F32X8)
def store8(builder: Any, address: Any, value: Any) -> None:
    """Put eight singles at `address`."""
    emit.store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, F32X16)
def store_halves(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen singles at `address` as halves."""
    emit.store(builder, address, emit.narrow(builder, value), 2)


@operation(NOTHING, ADDRESS, INTEGER, F32X16)
def scatter_halves(builder: Any, address: Any, stride: Any, value: Any) -> None:
    """Put sixteen singles as halves at `address`, `address` + `stride`, and so on."""
    halves = emit.narrow(builder, value)
    for lane in range(LANES):
        emit.store(
            builder, address, builder.extract_element(halves, ir.Constant(emit.I32, lane)), 2
        )
        address = builder.add(address, stride)


@operation(NOTHING, ADDRESS, F32X16)
def store_rounded_bytes(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen whole numbers from -128 to 127 at `address` as signed bytes."""
    emit.store(builder, address, builder.trunc(builder.fptosi(value, emit.I32X16), emit.I8X16), 1)


@operation(NOTHING, ADDRESS, INTEGER32)
def store_integer32(builder: Any, address: Any, value: Any) -> None:
    """Put a 32-bit integer at `address`."""
    emit.store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, SINGLE)
def store_single(builder: Any, address: Any, value: Any) -> None:
    """Put a single at `address`."""
    emit.store(builder, address, value, 4)


@operation(NOTHING, ADDRESS)
def prefetch(builder: Any, address: Any) -> None:
    """Ask for the cache line of `address`; harmless where nothing lies."""
    pointer = builder.inttoptr(address, emit.I8.as_pointer())
    read, keep, data = ir.Constant(emit.I32, 0), ir.Constant(emit.I32, 3), ir.Constant(emit.I32, 1)
    emit.call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, read, keep, data])


# ------------------------------------------------------------------ arithmetic


@operation(F32X16, SINGLE)
def broadcast(builder: Any, value: Any) -> Any:
    """`value` in all lanes."""
    return emit.splat(builder, value, emit.F32X16)


def _binary(method: str, kind: Any) -> Any:
    """An operation of two vectors of one type, by the name of the LLVM instruction."""

    @operation(kind, kind, kind)
    def apply(builder: Any, a: Any, b: Any) -> Any:
        return getattr(builder, method)(a, b)

    return apply


add = _binary("fadd", F32X16)
subtract = _binary("fsub", F32X16)
multiply = _binary("fmul", F32X16)
divide = _binary("fdiv", F32X16)
add8 = _binary("fadd", F32X8)
subtract8 = _binary("fsub", F32X8)
multiply8 = _binary("fmul", F32X8)


@operation(F32X16, F32X16, F32X16, F32X16)
def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once."""
    return emit.fma(builder, a, b, c)


@operation(F32X16, F32X16, F32X16)
def larger(builder: Any, a: Any, b: Any) -> Any:
    """The larger of each pair of lanes."""
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@operation(F32X16, F32X16, F32X16)
def smaller(builder: Any, a: Any, b: Any) -> Any:
    """The smaller of each pair of lanes."""
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


@operation(F32X16, F32X16)
def absolute(builder: Any, a: Any) -> Any:
    """Each lane without its sign."""
    return emit.call(builder, "llvm.fabs.v16f32", emit.F32X16, [a])


@operation(F32X16, F32X16)
def rounded(builder: Any, a: Any) -> Any:
    """Each lane rounded to a whole number, halves to even."""
    return emit.call(builder, "llvm.rint.v16f32", emit.F32X16, [a])


@operation(F32X16, F32X16)
def power_of_two(builder: Any, a: Any) -> Any:
    """``2 ** a`` for whole numbers from -126 to 127, by writing the exponent's bits."""
    exponent = builder.add(builder.fptosi(a, emit.I32X16), emit.constant(emit.I32X16, 127))
    return builder.bitcast(builder.shl(exponent, emit.constant(emit.I32X16, 23)), emit.F32X16)


def _fold(builder: Any, vector: Any, combine: Any) -> Any:
    """Combine the two halves of `vector` until one lane is left."""
    lanes = vector.type.count
    while lanes > 1:
        low = emit.pick(builder, vector, range(lanes // 2))
        high = emit.pick(builder, vector, range(lanes // 2, lanes))
        vector = combine(low, high)
        lanes //= 2
    return builder.extract_element(vector, ir.Constant(emit.I32, 0))


@operation(SINGLE, F32X16)
def lane_sum(builder: Any, a: Any) -> Any:
    """The sum of the lanes, by halves."""
    return _fold(builder, a, builder.fadd)


@operation(SINGLE, F32X16)
def lane_maximum(builder: Any, a: Any) -> Any:
    """The largest lane."""
    return _fold(builder, a, lambda x, y: builder.select(builder.fcmp_ordered(">", x, y), x, y))


# ------------------------------------------------------------------ tiles


def zero_tile(vectors: int) -> Any:
    """The operation that makes a tile of zeros."""
    kind = tile_type(vectors)

    @operation(kind)
    def zeros(_builder: Any) -> Any:
        return ir.Constant(kind, None)

    return zeros


def add_tiles(vectors: int) -> Any:
    """The operation that adds two tiles."""
    kind = tile_type(vectors)

    @operation(kind, kind, kind)
    def plus(builder: Any, left: Any, right: Any) -> Any:
        for number in range(vectors):
            pair = builder.extract_value(left, number), builder.extract_value(right, number)
            left = builder.insert_value(left, builder.fadd(*pair), number)
        return left

    return plus


def _tile_places(
    builder: Any, address: Any, stride: Any, blocks: int, rows: int
) -> list[tuple[int, Any]]:
    """Where each vector of a tile of `blocks` x `rows` lies: a block's vectors are side by side."""
    starts = [address]
    for _ in range(rows - 1):
        starts.append(builder.add(starts[-1], stride))
    return [
        (block * rows + row, emit.offset(builder, starts[row], 64 * block))
        for row in range(rows)
        for block in range(blocks)
    ]


def load_tile(blocks: int, rows: int) -> Any:
    """The operation that loads a tile: its arguments are an address and the bytes between rows."""
    kind = tile_type(blocks * rows)

    @operation(kind, ADDRESS, ADDRESS)
    def loaded(builder: Any, address: Any, stride: Any) -> Any:
        tile = ir.Constant(kind, None)
        for number, place in _tile_places(builder, address, stride, blocks, rows):
            tile = builder.insert_value(tile, emit.load(builder, place, emit.F32X16, 4), number)
        return tile

    return loaded


def store_tile(blocks: int, rows: int) -> Any:
    """The operation that stores a tile at an address, with the bytes between rows."""
    kind = tile_type(blocks * rows)

    @operation(NOTHING, kind, ADDRESS, ADDRESS)
    def stored(builder: Any, tile: Any, address: Any, stride: Any) -> None:
        for number, place in _tile_places(builder, address, stride, blocks, rows):
            emit.store(builder, place, builder.extract_value(tile, number), 4)

    return stored


# ------------------------------------------------------------------ functions of vectors

_ONE = np.float32(1.0)
_LARGEST, _SMALLEST = np.float32(87.0), np.float32(-87.0)
_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH, _LN2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)
_C7, _C6, _C5 = (
    np.float32(1.9875691500e-4),
    np.float32(1.3981999507e-3),
    np.float32(8.3334519073e-3),
)
_C4, _C3, _C2 = (
    np.float32(4.1665795894e-2),
    np.float32(1.6666665459e-1),
    np.float32(5.0000001201e-1),
)


@kernel
def exponential(x: Any) -> Any:
    """``e ** x`` in each lane, to about 1 unit in the last place, for any x (clamped to +-87).

    Cody and Waite: ``x = n ln 2 + r`` with ln 2 in two parts; the polynomial of Cephes' ``expf``.
    """
    x = larger(smaller(x, broadcast(_LARGEST)), broadcast(_SMALLEST))
    n = rounded(multiply(x, broadcast(_LOG2_E)))
    r = multiply_add(n, broadcast(_LN2_HIGH), x)
    r = multiply_add(n, broadcast(_LN2_LOW), r)
    p = broadcast(_C7)
    p = multiply_add(p, r, broadcast(_C6))
    p = multiply_add(p, r, broadcast(_C5))
    p = multiply_add(p, r, broadcast(_C4))
    p = multiply_add(p, r, broadcast(_C3))
    p = multiply_add(p, r, broadcast(_C2))
    p = multiply_add(p, multiply(r, r), add(r, broadcast(_ONE)))
    return multiply(p, power_of_two(n))
