"""Pieces of LLVM code that the operations of this package are written with.

Each function takes llvmlite's builder and LLVM values, and gives an LLVM value.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from engine.simd.isa import chosen, converts_halves

LANES = 16
"""Single-precision numbers in one vector."""

ISA = chosen()
"""What this process compiles for; fixed when the module is imported."""

I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
F16, F32 = ir.HalfType(), ir.FloatType()
F32X8 = ir.VectorType(F32, 8)
F32X16 = ir.VectorType(F32, LANES)
I32X16 = ir.VectorType(I32, LANES)
I16X16 = ir.VectorType(I16, LANES)
F16X16 = ir.VectorType(F16, LANES)
I8X16 = ir.VectorType(I8, LANES)
I8X64 = ir.VectorType(I8, 64)


def splat(builder: Any, value: Any, vector: Any) -> Any:
    """A vector with `value` in all lanes."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(first, undefined, indices([0] * vector.count))


def indices(numbers: list[int]) -> Any:
    """The numbers of lanes, as a shuffle wants them."""
    return ir.Constant(ir.VectorType(I32, len(numbers)), numbers)


def constant(vector: Any, value: float) -> Any:
    """A vector of this type with `value` in all lanes."""
    return ir.Constant(vector, [value] * vector.count)


def pick(builder: Any, vector: Any, numbers: range) -> Any:
    """The lanes of `vector` with these numbers."""
    return builder.shuffle_vector(vector, vector, indices(list(numbers)))


def load(builder: Any, address: Any, kind: Any, align: int) -> Any:
    """A value of the type `kind` at `address`, a multiple of `align`."""
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = align
    return value


def store(builder: Any, address: Any, value: Any, align: int) -> None:
    """Put a value at `address`, a multiple of `align`."""
    builder.store(value, builder.inttoptr(address, value.type.as_pointer())).align = align


def offset(builder: Any, address: Any, distance: int) -> Any:
    """The address so many bytes further on."""
    return builder.add(address, ir.Constant(I64, distance))


def call(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """The result, of the type `result`, of one of LLVM's intrinsic functions."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, arguments)


def fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``, rounded once."""
    return call(builder, f"llvm.fma.v{a.type.count}f32", a.type, [a, b, c])


def widen(builder: Any, halves: Any) -> Any:
    """Sixteen half-precision numbers, given as 16-bit integers, in single precision."""
    if converts_halves(ISA):
        return builder.fpext(builder.bitcast(halves, F16X16), F32X16)
    # The bits of a half, moved to where a single has them, are the number times 2 ** -112;
    # the multiplication makes subnormal halves right too. We never store infinities.
    bits = builder.zext(halves, I32X16)
    sign = builder.shl(builder.and_(bits, constant(I32X16, 0x8000)), constant(I32X16, 16))
    rest = builder.shl(builder.and_(bits, constant(I32X16, 0x7FFF)), constant(I32X16, 13))
    scale = builder.bitcast(constant(I32X16, (127 + 112) << 23), F32X16)
    magnitude = builder.fmul(builder.bitcast(rest, F32X16), scale)
    joined = builder.or_(builder.bitcast(magnitude, I32X16), sign)
    return builder.bitcast(joined, F32X16)


def narrow(builder: Any, singles: Any) -> Any:
    """Sixteen single-precision numbers as halves in 16-bit integers, rounded to nearest even."""
    if converts_halves(ISA):
        return builder.bitcast(builder.fptrunc(singles, F16X16), I16X16)
    bits = builder.bitcast(singles, I32X16)
    sign = builder.lshr(builder.and_(bits, constant(I32X16, -0x80000000)), constant(I32X16, 16))
    magnitude = builder.and_(bits, constant(I32X16, 0x7FFFFFFF))
    # Normal halves: move the exponent, add half a step less one, and one more if the kept part
    # is odd.
    odd = builder.and_(builder.lshr(magnitude, constant(I32X16, 13)), constant(I32X16, 1))
    moved = builder.add(magnitude, constant(I32X16, 0xFFF - (112 << 23)))
    normal = builder.lshr(builder.add(moved, odd), constant(I32X16, 13))
    # Subnormal halves: adding 0.5 lets the hardware round the last 2 ** -24 for us.
    half = builder.bitcast(constant(I32X16, 126 << 23), F32X16)
    shifted = builder.fadd(builder.bitcast(magnitude, F32X16), half)
    subnormal = builder.sub(builder.bitcast(shifted, I32X16), constant(I32X16, 126 << 23))
    small = builder.icmp_unsigned("<", magnitude, constant(I32X16, 113 << 23))
    large = builder.icmp_unsigned(">=", magnitude, constant(I32X16, 0x477FF000))
    kept = builder.select(small, subnormal, normal)
    kept = builder.select(large, constant(I32X16, 0x7C00), kept)
    return builder.trunc(builder.or_(kept, sign), I16X16)


def broadcast_integer(builder: Any, address: Any) -> Any:
    """The 32-bit integer at `address` in all lanes."""
    return splat(builder, load(builder, address, I32, 4), I32X16)
