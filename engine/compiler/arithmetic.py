"""Arithmetic, comparisons and truth, as Python has them, for integers and singles."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.compiler.values import BOOLEAN, CompileError, alike, is_known, settled

if TYPE_CHECKING:
    from collections.abc import Callable

_KNOWN: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_INTEGER: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.LShift: "shl",
    ast.RShift: "ashr",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}
_SINGLE: dict[type[ast.operator], str] = {
    ast.Add: "fadd",
    ast.Sub: "fsub",
    ast.Mult: "fmul",
    ast.Div: "fdiv",
}
_COMPARED: dict[type[ast.cmpop], tuple[Callable[[Any, Any], bool], str]] = {
    ast.Eq: (operator.eq, "=="),
    ast.NotEq: (operator.ne, "!="),
    ast.Lt: (operator.lt, "<"),
    ast.LtE: (operator.le, "<="),
    ast.Gt: (operator.gt, ">"),
    ast.GtE: (operator.ge, ">="),
}


def binary(builder: Any, sign: ast.operator, left: Any, right: Any) -> Any:
    """``left sign right``. Integers wrap around; dividing them by zero is undefined."""
    if is_known(left) and is_known(right):
        return _KNOWN[type(sign)](left, right)
    if _is_integer(left) or _is_integer(right):
        return _integers(builder, sign, left, right)
    left, right = alike(left, right)
    if isinstance(left.type, ir.FloatType) and type(sign) in _SINGLE:
        return getattr(builder, _SINGLE[type(sign)])(left, right)
    raise CompileError(f"no {type(sign).__name__} of {left.type}")


def negative(builder: Any, value: Any) -> Any:
    """``-value``."""
    if is_known(value):
        return -value
    return builder.neg(value) if _is_integer(value) else builder.fneg(value)


def compared(builder: Any, sign: ast.cmpop, left: Any, right: Any) -> Any:
    """``left sign right``, a truth value; with NaN only ``!=`` is true."""
    if type(sign) not in _COMPARED:
        raise CompileError(f"no {type(sign).__name__} in kernels")
    known, name = _COMPARED[type(sign)]
    if is_known(left) and is_known(right):
        return known(left, right)
    left, right = alike(left, right)
    if isinstance(left.type, ir.IntType):
        return builder.icmp_signed(name, left, right)
    return (builder.fcmp_unordered if name == "!=" else builder.fcmp_ordered)(name, left, right)


def truth(builder: Any, value: Any) -> Any:
    """Whether `value` is not zero: a bool of Python's if that is known."""
    if is_known(value):
        return bool(value)
    if not _is_integer(value):
        raise CompileError("only integers and truth values are true or false")
    return value if value.type == BOOLEAN else compared(builder, ast.NotEq(), value, 0)


def opposite(builder: Any, value: Any) -> Any:
    """``not value``."""
    value = truth(builder, value)
    return not value if is_known(value) else builder.not_(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, ir.Value) and isinstance(value.type, ir.IntType)


def _integers(builder: Any, sign: ast.operator, left: Any, right: Any) -> Any:
    known = right if is_known(right) else None
    left, right = alike(left, right)
    if left.type == BOOLEAN:
        raise CompileError("truth values are not reckoned with")
    if isinstance(sign, ast.FloorDiv | ast.Mod):
        quotient, remainder = _divided(builder, left, right, known)
        return quotient if isinstance(sign, ast.FloorDiv) else remainder
    if type(sign) not in _INTEGER:
        raise CompileError(f"no {type(sign).__name__} of integers")
    return getattr(builder, _INTEGER[type(sign)])(left, right)


def _divided(builder: Any, left: Any, right: Any, known: Any) -> tuple[Any, Any]:
    """The quotient, rounded down, and the remainder, which has the divisor's sign."""
    if known is not None and known > 0 and known & (known - 1) == 0:
        bits = ir.Constant(left.type, known.bit_length() - 1)
        return builder.ashr(left, bits), builder.and_(left, ir.Constant(left.type, known - 1))
    zero, one = ir.Constant(left.type, 0), ir.Constant(left.type, 1)
    quotient, remainder = builder.sdiv(left, right), builder.srem(left, right)
    inexact = builder.icmp_signed("!=", remainder, zero)
    apart = builder.icmp_signed("<", builder.xor(remainder, right), zero)
    too_high = builder.and_(inexact, apart)
    return (
        builder.select(too_high, builder.sub(quotient, one), quotient),
        builder.select(too_high, builder.add(remainder, right), remainder),
    )


def smaller_of(builder: Any, left: Any, right: Any) -> Any:
    """The smaller one of two integers."""
    return _one_of(builder, "<", left, right)


def larger_of(builder: Any, left: Any, right: Any) -> Any:
    """The larger one of two integers."""
    return _one_of(builder, ">", left, right)


def _one_of(builder: Any, sign: str, left: Any, right: Any) -> Any:
    left, right = alike(settled(left), right)
    if not _is_integer(left):
        raise CompileError("only integers have a minimum and a maximum here")
    return builder.select(builder.icmp_signed(sign, left, right), left, right)
