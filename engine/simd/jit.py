"""The doors to numba: `kernel` marks what it compiles, `operation` what that calls unseen.

Kernels are translated to LLVM code once, whatever the instruction set: there an operation is a call
of a function that is declared and not defined. For each instruction set these functions are then
written, by the functions that `operation` decorates, and put in the calls' place. So numba, which
takes much longer than LLVM, is needed once; importing this module does not import it.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llvmlite import ir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Function = TypeVar("Function", bound="Callable[..., Any]")

OPERATIONS: dict[str, Operation] = {}
"""All operations by the names of their functions in LLVM code."""
_made: Counter[str] = Counter()


class Kernel:
    """A Python function that numba compiles where another kernel calls it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__doc__ = function.__doc__
        self.function = function

    def __call__(self, *values: Any) -> Any:
        """What Python makes of it, without compiling; operations it cannot call."""
        return self.function(*values)

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba asks of a name that it meets."""
        from engine.simd.translation import type_of_kernel  # noqa: PLC0415 - imports numba

        return type_of_kernel(self)


class Operation:
    """What kernels call as a function: a few LLVM instructions for the instruction set at hand."""

    def __init__(
        self, name: str, emit: Callable[..., Any], result: Any, arguments: Sequence[Any]
    ) -> None:
        self.__doc__ = emit.__doc__
        self.name = name
        self.emit = emit
        self.result = result
        self.arguments = arguments

    @property
    def returned(self) -> Any:
        """LLVM's type of the result; numba's functions that give nothing give a null pointer."""
        if isinstance(self.result, type):
            record: Any = self.result
            return ir.ArrayType(ir.IntType(64), len(record._fields))
        return ir.IntType(8).as_pointer() if self.result is None else self.result

    def __call__(self, *_values: Any) -> Any:
        """For the type checker: only kernels call operations."""
        raise TypeError(f"{self.name} is called by kernels only")

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba asks of a name that it meets."""
        from engine.simd.translation import type_of_operation  # noqa: PLC0415 - imports numba

        return type_of_operation(self)


def kernel(function: Function) -> Function:
    """Let numba compile `function`, in its nopython mode, without Python's division checks.

    No fast-math: the results must not depend on how LLVM groups additions.
    """
    return cast("Function", Kernel(function))


def operation(result: Any, *arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function ``emit(builder, *values)`` that writes the LLVM code of one operation.

    `result` and `arguments` are LLVM's types of the operation's result and arguments. `emit` gives
    the resulting LLVM value, or None when `result` is None. A named tuple of 64-bit integers may be
    the result too: its class for `result`, and an LLVM array of integers from `emit`.
    """

    def decorate(emit: Callable[..., Any]) -> Any:
        place = f"{emit.__module__}.{emit.__qualname__}"
        # A place's operations are made in one order in all processes: so are their numbers.
        _made[place] += 1
        name = f"{place}.{_made[place]}"
        OPERATIONS[name] = Operation(name, emit, result, arguments)
        return OPERATIONS[name]

    return decorate
