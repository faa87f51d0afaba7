"""The typed doors to numba: `kernel` compiles a function, `operation` makes one from LLVM code."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
from numba.extending import intrinsic

from engine.simd.isa import UNCALLED

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")


def kernel(function: Function) -> Function:
    """Compile `function` with numba, in its nopython mode, without Python's division checks.

    No fast-math: the results must not depend on how LLVM groups additions. What lets Python and C
    call each kernel takes a third of the time to compile, and is left out where nobody does.
    """
    njit: Any = numba.njit  # its stub lacks the last two options
    compiled = njit(
        error_model="numpy",
        nogil=True,
        no_cfunc_wrapper=True,
        no_cpython_wrapper=UNCALLED in os.environ,
    )
    return cast("Function", compiled(function))


def operation(result: Any, *arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorate a function ``emit(builder, *values)`` that writes the LLVM code of one operation.

    `result` and `arguments` are the numba types of the operation's fixed signature; `emit` returns
    the resulting LLVM value, or None when `result` is ``types.none``.
    """
    signature = result(*arguments)

    def decorate(emit: Callable[..., Any]) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            value = emit(builder, *values)
            return context.get_dummy_value() if value is None else value

        def typed(_typing_context: Any, *_types: Any) -> Any:
            return signature, generate

        # numba reads the number of arguments from the function's signature.
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY)
            for name in ("context", *(f"argument{i}" for i in range(len(arguments))))
        ]
        typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # inspect reads it
        typed.__name__ = emit.__name__
        typed.__doc__ = emit.__doc__
        return intrinsic(typed)

    return decorate
