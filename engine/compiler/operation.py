"""Operations: functions for kernels that are written in LLVM's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.compiler.values import CompileError, converted, kind_of, shape_key

if TYPE_CHECKING:
    from collections.abc import Callable


class Operation:
    """What a kernel calls as ``name(*values)``; see `operation`."""

    def __init__(self, emit: Callable[..., Any], result: Any, arguments: tuple[Any, ...]) -> None:
        self.__doc__ = emit.__doc__
        self._emit = emit
        self._result = result
        self._arguments = arguments

    def __call__(self, *_values: Any) -> Any:
        """For the type checker: only kernels call operations."""
        raise TypeError(f"{self._emit.__name__} is called by kernels only")

    def write(self, builder: Any, values: list[Any]) -> Any:
        """Write the operation's code; gives its value. Raises CompileError for wrong values."""
        name = self._emit.__name__
        if len(values) != len(self._arguments):
            raise CompileError(f"{name} takes {len(self._arguments)} values, not {len(values)}")
        arguments = [
            converted(value, kind) for value, kind in zip(values, self._arguments, strict=True)
        ]
        result = self._emit(builder, *arguments)
        if shape_key(kind_of(result)) != shape_key(self._result):
            raise CompileError(f"{name} gives another type than it says")
        return result


def operation(result: Any, *arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function ``emit(builder, *values)`` that writes the LLVM code of one operation.

    `result` and `arguments` are the kinds (`engine.compiler.values`) of its result and arguments;
    `emit` returns LLVM's value, or a tuple of such, or None if `result` is None.
    """

    def decorate(emit: Callable[..., Any]) -> Any:
        return Operation(emit, result, arguments)

    return decorate


def intrinsic(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
    """The result, of the type `result`, of one of LLVM's own functions."""
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = ir.Function(builder.module, kind, name)
    return builder.call(function, arguments)
