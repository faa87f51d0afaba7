"""What expressions stand for while a kernel is compiled.

A value is LLVM's, a result that exists when the kernel runs; or one of Python's numbers, known
already; or a tuple of values, named or not, of which LLVM never hears; or None, for nothing. The
kind of a value says of what type it is: a type of LLVM's, or a tuple of kinds in the same shape, or
None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BOOLEAN, INTEGER, INTEGER32 = ir.IntType(1), ir.IntType(64), ir.IntType(32)
SINGLE = ir.FloatType()

_FOLDED = (bool, int, float, np.int32, np.float32)
"""What is reckoned with while compiling."""
_NUMBERS = ((bool, BOOLEAN), (int, INTEGER), (np.int32, INTEGER32), (np.float32, SINGLE))
"""Those of them that can be left for the kernel, and their types; bool is an int too."""


class CompileError(Exception):
    """A kernel has something that cannot be compiled; the message is one line."""

    placed = False
    """Whether the message already says where."""

    def at(self, path: str, line: int) -> CompileError:
        """The same error, saying where; the first place that is told is the innermost."""
        if self.placed:
            return self
        error = CompileError(f"{path}:{line}: {self}")
        error.placed = True
        return error


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """`value` with `function` applied to everything in it that is no tuple; None stays None."""
    if value is None:
        return None
    if not isinstance(value, tuple):
        return function(value)
    parts = [mapped(function, part) for part in value]
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)


def leaves(value: Any) -> list[Any]:
    """All in `value` that is no tuple, in order."""
    if value is None:
        return []
    if not isinstance(value, tuple):
        return [value]
    return [leaf for part in value for leaf in leaves(part)]


def reshaped(shape: Any, parts: Iterable[Any]) -> Any:
    """The tuples of `shape` around other leaves."""
    rest = iter(parts)
    return mapped(lambda _: next(rest), shape)


def settled(value: Any) -> Any:
    """`value` with constants of LLVM's instead of Python's numbers."""
    return mapped(_constant, value)


def kind_of(value: Any) -> Any:
    """The kind of a value that is `settled`."""
    return mapped(lambda leaf: leaf.type, value)


def shape_key(kind: Any) -> Any:
    """What two kinds have in common only if they are the same, named tuples by their names."""
    return (type(kind), *map(shape_key, kind)) if isinstance(kind, tuple) else kind


def is_known(value: Any) -> bool:
    """Whether a value is a number of Python's."""
    return isinstance(value, _FOLDED)


def converted(value: Any, kind: Any) -> Any:
    """A single `value` as one of the kind `kind`; only plain integers fit more than one kind."""
    if isinstance(value, int) and isinstance(kind, ir.IntType) and kind != BOOLEAN:
        return ir.Constant(kind, int(value))
    found = settled(value)
    if isinstance(found, ir.Value) and found.type == kind:
        return found
    raise CompileError(f"{_described(found)} where {kind} is wanted")


def alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two single values as values of one type; raises CompileError if there is no such type."""
    if isinstance(left, ir.Value):
        return left, converted(right, left.type)
    right = settled(right)
    return converted(left, right.type), right


def _constant(number: Any) -> Any:
    if isinstance(number, ir.Value):
        return number
    for python, kind in _NUMBERS:
        if isinstance(number, python):
            return ir.Constant(kind, float(number) if kind is SINGLE else int(number))
    raise CompileError(f"{_described(number)} is no number that kernels know")


def _described(value: Any) -> str:
    if isinstance(value, ir.Value):
        return str(value.type)
    return f"{value!r}, a {type(value).__name__}," if value is not None else "nothing"
