"""The functions of Python and NumPy that kernels may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir

from engine.compiler.arithmetic import larger_of, smaller_of
from engine.compiler.operation import intrinsic
from engine.compiler.values import INTEGER, INTEGER32, SINGLE, CompileError, converted, is_known

if TYPE_CHECKING:
    from collections.abc import Callable


def _single(builder: Any, value: Any) -> Any:
    """``np.float32(value)``, rounded to the nearest single."""
    if is_known(value):
        return np.float32(value)
    return value if value.type == SINGLE else builder.sitofp(_whole(value), SINGLE)


def _integer32(builder: Any, value: Any) -> Any:
    """``np.int32(value)``, rounded towards zero; what does not fit is undefined."""
    if is_known(value):
        return np.int32(value)
    if value.type == SINGLE:
        return builder.fptosi(value, INTEGER32)
    return value if _whole(value).type == INTEGER32 else builder.trunc(value, INTEGER32)


def _root(builder: Any, value: Any) -> Any:
    """``np.sqrt(value)``, rounded correctly."""
    return intrinsic(builder, "llvm.sqrt.f32", SINGLE, [converted(value, SINGLE)])


def _whole(value: Any) -> Any:
    if isinstance(value, ir.Value) and value.type in (INTEGER, INTEGER32):
        return value
    raise CompileError("this is no number to convert")


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.float32: _single,
    np.int32: _integer32,
    np.sqrt: _root,
    min: smaller_of,
    max: larger_of,
}
"""What to call with LLVM's builder and the values."""
