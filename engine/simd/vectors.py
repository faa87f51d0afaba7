"""Sixteen-lane vectors in numba: types, loads and stores by address, arithmetic.

The kernels see plain calls such as ``multiply_add(a, b, c)``; each writes one LLVM vector
operation, which LLVM fits to the registers of the machine. Addresses are plain integers. Every
reduction adds its lanes in one fixed order, so that all machines compute the same bits.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from engine.simd.isa import Isa, chosen, converts_halves
from engine.simd.jit import kernel, operation

LANES = 16
"""Single-precision numbers in one vector."""

ISA = chosen()
"""What this process compiles for; fixed when the module is imported."""

_I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
_F16, _F32 = ir.HalfType(), ir.FloatType()
_F32X8 = ir.VectorType(_F32, 8)
_F32X16 = ir.VectorType(_F32, LANES)
_I32X16 = ir.VectorType(_I32, LANES)
_I16X16 = ir.VectorType(_I16, LANES)
_F16X16 = ir.VectorType(_F16, LANES)
_I8X16 = ir.VectorType(_I8, LANES)
_I8X64 = ir.VectorType(_I8, 64)


class Register(types.Type):
    """A numba type whose values are LLVM vectors, or arrays of vectors, kept in registers."""

    def __init__(self, name: str, backend: Any) -> None:
        self.backend = backend
        super().__init__(name=name)

    @property
    def key(self) -> Any:
        """Registers of one name are one type."""
        return self.name


@register_model(Register)
class _RegisterModel(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend: Register) -> None:
        initialise: Any = super().__init__
        initialise(manager, frontend, frontend.backend)


def tile_type(vectors: int) -> Register:
    """The type of `vectors` 16-lane sums that a kernel holds at once."""
    return Register(f"Tile{vectors}", ir.ArrayType(_F32X16, vectors))


F32X8 = Register("F32x8", _F32X8)
F32X16 = Register("F32x16", _F32X16)
I32X16 = Register("I32x16", _I32X16)
ADDRESS = types.int64
NOTHING = types.none


# ------------------------------------------------------------------ helpers that write LLVM code


def _splat(builder: Any, value: Any, vector: Any) -> Any:
    """A vector with `value` in all lanes."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, undefined, _indices([0] * vector.count))


def _indices(numbers: list[int]) -> Any:
    return ir.Constant(ir.VectorType(_I32, len(numbers)), numbers)


def _constant(vector: Any, value: int) -> Any:
    return ir.Constant(vector, [value] * vector.count)


def _pick(builder: Any, vector: Any, numbers: range) -> Any:
    """The lanes of `vector` with these numbers."""
    return builder.shuffle_vector(vector, vector, _indices(list(numbers)))


def _load(builder: Any, address: Any, kind: Any, align: int) -> Any:
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = align
    return value


def _store(builder: Any, address: Any, value: Any, align: int) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer())).align = align


def _offset(builder: Any, address: Any, distance: int) -> Any:
    return builder.add(address, ir.Constant(_I64, distance))


def _call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    declare: Any = cgutils.get_or_insert_function
    return builder.call(declare(builder.module, kind, name), arguments)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    return _call(builder, f"llvm.fma.v{a.type.count}f32", a.type, [a, b, c])


# ------------------------------------------------------------------ half precision


def _widen(builder: Any, halves: Any) -> Any:
    """Sixteen half-precision numbers, given as 16-bit integers, in single precision."""
    if converts_halves(ISA):
        return builder.fpext(builder.bitcast(halves, _F16X16), _F32X16)
    # The bits of a half, moved to where a single has them, are the number times 2 ** -112;
    # the multiplication makes subnormal halves right too. We never store infinities.
    bits = builder.zext(halves, _I32X16)
    sign = builder.shl(builder.and_(bits, _constant(_I32X16, 0x8000)), _constant(_I32X16, 16))
    rest = builder.shl(builder.and_(bits, _constant(_I32X16, 0x7FFF)), _constant(_I32X16, 13))
    scale = builder.bitcast(_constant(_I32X16, (127 + 112) << 23), _F32X16)
    magnitude = builder.fmul(builder.bitcast(rest, _F32X16), scale)
    joined = builder.or_(builder.bitcast(magnitude, _I32X16), sign)
    return builder.bitcast(joined, _F32X16)


def _narrow(builder: Any, singles: Any) -> Any:
    """Sixteen single-precision numbers as halves in 16-bit integers, rounded to nearest even."""
    if converts_halves(ISA):
        return builder.bitcast(builder.fptrunc(singles, _F16X16), _I16X16)
    bits = builder.bitcast(singles, _I32X16)
    sign = builder.lshr(builder.and_(bits, _constant(_I32X16, -0x80000000)), _constant(_I32X16, 16))
    magnitude = builder.and_(bits, _constant(_I32X16, 0x7FFFFFFF))
    # Normal halves: move the exponent, add half a step less one, and one more if the kept part
    # is odd.
    odd = builder.and_(builder.lshr(magnitude, _constant(_I32X16, 13)), _constant(_I32X16, 1))
    moved = builder.add(magnitude, _constant(_I32X16, 0xFFF - (112 << 23)))
    normal = builder.lshr(builder.add(moved, odd), _constant(_I32X16, 13))
    # Subnormal halves: adding 0.5 lets the hardware round the last 2 ** -24 for us.
    half = builder.bitcast(_constant(_I32X16, 126 << 23), _F32X16)
    shifted = builder.fadd(builder.bitcast(magnitude, _F32X16), half)
    subnormal = builder.sub(builder.bitcast(shifted, _I32X16), _constant(_I32X16, 126 << 23))
    small = builder.icmp_unsigned("<", magnitude, _constant(_I32X16, 113 << 23))
    large = builder.icmp_unsigned(">=", magnitude, _constant(_I32X16, 0x477FF000))
    kept = builder.select(small, subnormal, normal)
    kept = builder.select(large, _constant(_I32X16, 0x7C00), kept)
    return builder.trunc(builder.or_(kept, sign), _I16X16)


# ------------------------------------------------------------------ memory


@operation(F32X16, ADDRESS)
def load(builder: Any, address: Any) -> Any:
    """Sixteen singles at `address`."""
    return _load(builder, address, _F32X16, 4)


@operation(F32X8, ADDRESS)
def load8(builder: Any, address: Any) -> Any:
    """Eight singles at `address`."""
    return _load(builder, address, _F32X8, 4)


@operation(F32X16, ADDRESS)
def load_halves(builder: Any, address: Any) -> Any:
    """Sixteen halves at `address`, widened."""
    return _widen(builder, _load(builder, address, _I16X16, 2))


@operation(F32X16, ADDRESS)
def load_bytes(builder: Any, address: Any) -> Any:
    """Sixteen unsigned bytes at `address`, as singles."""
    return builder.uitofp(_load(builder, address, _I8X16, 1), _F32X16)


@operation(types.int64, ADDRESS)
def load_integer(builder: Any, address: Any) -> Any:
    """The 64-bit integer at `address`."""
    return _load(builder, address, _I64, 8)


@operation(types.float32, ADDRESS)
def load_single(builder: Any, address: Any) -> Any:
    """The single at `address`."""
    return _load(builder, address, _F32, 4)


@operation(types.float32, ADDRESS)
def load_half(builder: Any, address: Any) -> Any:
    """The half at `address`, widened."""
    half = _splat(builder, _load(builder, address, _I16, 2), _I16X16)
    return builder.extract_element(_widen(builder, half), ir.Constant(_I32, 0))


@operation(types.int64, ADDRESS)
def load_byte(builder: Any, address: Any) -> Any:
    """The unsigned byte at `address`."""
    return builder.zext(_load(builder, address, _I8, 1), _I64)


@operation(NOTHING, ADDRESS, F32X16)
def store(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen singles at `address`."""
    _store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, F32X8)
def store8(builder: Any, address: Any, value: Any) -> None:
    """Put eight singles at `address`."""
    _store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, F32X16)
def store_halves(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen singles at `address` as halves."""
    _store(builder, address, _narrow(builder, value), 2)


@operation(NOTHING, ADDRESS, types.int64, F32X16)
def scatter_halves(builder: Any, address: Any, stride: Any, value: Any) -> None:
    """Put sixteen singles as halves at `address`, `address` + `stride`, and so on."""
    halves = _narrow(builder, value)
    for lane in range(LANES):
        _store(builder, address, builder.extract_element(halves, ir.Constant(_I32, lane)), 2)
        address = builder.add(address, stride)


@operation(NOTHING, ADDRESS, F32X16)
def store_rounded_bytes(builder: Any, address: Any, value: Any) -> None:
    """Put sixteen whole numbers from -128 to 127 at `address` as signed bytes."""
    _store(builder, address, builder.trunc(builder.fptosi(value, _I32X16), _I8X16), 1)


@operation(NOTHING, ADDRESS, types.int32)
def store_integer32(builder: Any, address: Any, value: Any) -> None:
    """Put a 32-bit integer at `address`."""
    _store(builder, address, value, 4)


@operation(NOTHING, ADDRESS, types.float32)
def store_single(builder: Any, address: Any, value: Any) -> None:
    """Put a single at `address`."""
    _store(builder, address, value, 4)


@operation(NOTHING, ADDRESS)
def prefetch(builder: Any, address: Any) -> None:
    """Ask for the cache line of `address`; harmless where nothing lies."""
    pointer = builder.inttoptr(address, _I8.as_pointer())
    read, keep, data = ir.Constant(_I32, 0), ir.Constant(_I32, 3), ir.Constant(_I32, 1)
    _call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, read, keep, data])


# ------------------------------------------------------------------ arithmetic


@operation(F32X16, types.float32)
def broadcast(builder: Any, value: Any) -> Any:
    """`value` in all lanes."""
    return _splat(builder, value, _F32X16)


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
    return _fma(builder, a, b, c)


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
    return _call(builder, "llvm.fabs.v16f32", _F32X16, [a])


@operation(F32X16, F32X16)
def rounded(builder: Any, a: Any) -> Any:
    """Each lane rounded to a whole number, halves to even."""
    return _call(builder, "llvm.rint.v16f32", _F32X16, [a])


@operation(F32X16, F32X16)
def power_of_two(builder: Any, a: Any) -> Any:
    """``2 ** a`` for whole numbers from -126 to 127, by writing the exponent's bits."""
    exponent = builder.add(builder.fptosi(a, _I32X16), _constant(_I32X16, 127))
    return builder.bitcast(builder.shl(exponent, _constant(_I32X16, 23)), _F32X16)


def _fold(builder: Any, vector: Any, combine: Any) -> Any:
    """Combine the two halves of `vector` until one lane is left."""
    lanes = vector.type.count
    while lanes > 1:
        low = _pick(builder, vector, range(lanes // 2))
        high = _pick(builder, vector, range(lanes // 2, lanes))
        vector = combine(low, high)
        lanes //= 2
    return builder.extract_element(vector, ir.Constant(_I32, 0))


@operation(types.float32, F32X16)
def lane_sum(builder: Any, a: Any) -> Any:
    """The sum of the lanes, by halves."""
    return _fold(builder, a, builder.fadd)


@operation(types.float32, F32X16)
def lane_maximum(builder: Any, a: Any) -> Any:
    """The largest lane."""
    return _fold(builder, a, lambda x, y: builder.select(builder.fcmp_ordered(">", x, y), x, y))


# ------------------------------------------------------------------ tiles


def zero_tile(vectors: int) -> Any:
    """The operation that makes a tile of zeros."""
    kind = tile_type(vectors)

    @operation(kind)
    def zeros(_builder: Any) -> Any:
        return ir.Constant(kind.backend, None)

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
        (block * rows + row, _offset(builder, starts[row], 64 * block))
        for row in range(rows)
        for block in range(blocks)
    ]


def load_tile(blocks: int, rows: int) -> Any:
    """The operation that loads a tile: its arguments are an address and the bytes between rows."""
    kind = tile_type(blocks * rows)

    @operation(kind, ADDRESS, ADDRESS)
    def loaded(builder: Any, address: Any, stride: Any) -> Any:
        tile = ir.Constant(kind.backend, None)
        for number, place in _tile_places(builder, address, stride, blocks, rows):
            tile = builder.insert_value(tile, _load(builder, place, _F32X16, 4), number)
        return tile

    return loaded


def store_tile(blocks: int, rows: int) -> Any:
    """The operation that stores a tile at an address, with the bytes between rows."""
    kind = tile_type(blocks * rows)

    @operation(NOTHING, kind, ADDRESS, ADDRESS)
    def stored(builder: Any, tile: Any, address: Any, stride: Any) -> None:
        for number, place in _tile_places(builder, address, stride, blocks, rows):
            _store(builder, place, builder.extract_value(tile, number), 4)

    return stored


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
        value_stride, scale_stride = addresses[6:]
        row_places = _row_places(
            builder, rows, (values_at, scale_at, offset_at), (value_stride, scale_stride)
        )
        totals = [
            [_broadcast_integer(builder, offset) for _, _, offset in row_places]
            for _ in range(blocks)
        ]
        for four in range(8):
            inputs = [
                _broadcast_integer(builder, _offset(builder, values, 4 * four))
                for values, _, _ in row_places
            ]
            weights = _offset(builder, weights_at, 64 * four)
            for block in range(blocks):
                vector = _load(builder, weights, _I8X64, 1)
                totals[block] = [
                    _dot(builder, total, vector, row)
                    for total, row in zip(totals[block], inputs, strict=True)
                ]
                weights = builder.add(weights, block_stride)
        for block in range(blocks):
            scales = _widen(builder, _load(builder, scales_at, _I16X16, 2))
            for row, (_, scale, _) in enumerate(row_places):
                factor = _splat(builder, _load(builder, scale, _F32, 4), _F32X16)
                number = block * rows + row
                total = _fma(
                    builder,
                    builder.sitofp(totals[block][row], _F32X16),
                    builder.fmul(scales, factor),
                    builder.extract_value(tile, number),
                )
                tile = builder.insert_value(tile, total, number)
            scales_at = builder.add(scales_at, block_stride)
        return tile

    return accumulate


def _row_places(
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


def _broadcast_integer(builder: Any, address: Any) -> Any:
    return _splat(builder, _load(builder, address, _I32, 4), _I32X16)


def _dot(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """Add to each of 16 sums the products of four unsigned weights with four signed values."""
    if ISA is Isa.VNNI512:
        return _vnni(builder, 512, total, weights, values)
    if ISA is Isa.VNNI256:
        halves = [
            _vnni(
                builder,
                256,
                _pick(builder, total, range(first, first + 8)),
                _pick(builder, weights, range(4 * first, 4 * first + 32)),
                _pick(builder, values, range(first, first + 8)),
            )
            for first in (0, 8)
        ]
        return builder.shuffle_vector(halves[0], halves[1], _indices(list(range(16))))
    return _plain_dot(builder, total, weights, values)


def _vnni(builder: Any, bits: int, total: Any, weights: Any, values: Any) -> Any:
    """The x86 instruction; LLVM 22 and later want vectors of bytes, older ones of integers."""
    if llvm.llvm_version_info[0] >= 22:
        values = builder.bitcast(values, weights.type)
    else:
        weights = builder.bitcast(weights, values.type)
    name = f"llvm.x86.avx512.vpdpbusd.{bits}"
    return _call(builder, name, total.type, [total, weights, values])


def _plain_dot(builder: Any, total: Any, weights: Any, values: Any) -> Any:
    """The same in portable code: even and odd bytes as 16-bit products, added in pairs.

    Shifts inside 16-bit lanes take the bytes apart, so that nothing crosses lanes; LLVM makes
    ``pmaddwd`` of the products and the pairwise additions on x86.
    """
    shorts, wide = ir.VectorType(_I16, 32), ir.VectorType(_I32, 32)
    eight = _constant(shorts, 8)
    weights, values = builder.bitcast(weights, shorts), builder.bitcast(values, shorts)
    even = (
        builder.and_(weights, _constant(shorts, 255)),
        builder.ashr(builder.shl(values, eight), eight),
    )
    odd = builder.lshr(weights, eight), builder.ashr(values, eight)
    for left, right in (even, odd):
        products = builder.mul(builder.sext(left, wide), builder.sext(right, wide))
        pairs = builder.add(
            _pick(builder, products, range(0, 32, 2)), _pick(builder, products, range(1, 32, 2))
        )
        total = builder.add(total, pairs)
    return total


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
