"""Kernels: functions in Python that are compiled. Here: their text, and what their names mean."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from engine.compiler.values import CompileError

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")


class Kernel:
    """A function that can be compiled; `Program` does."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__doc__ = function.__doc__
        self._function: Any = function
        self.name: str = function.__name__
        self.path = inspect.getfile(function)

    def __call__(self, *values: Any) -> Any:
        """What Python makes of it, without compiling; operations it cannot call."""
        return self._function(*values)

    @functools.cached_property
    def tree(self) -> ast.FunctionDef:
        """What the function says."""
        return _functions(self.path)[self._function.__code__.co_firstlineno]

    def outside(self, name: str) -> Any:
        """What a name means that the function does not assign itself; raises CompileError."""
        code = self._function.__code__
        if name in code.co_freevars:
            return self._function.__closure__[code.co_freevars.index(name)].cell_contents
        for place in (self._function.__globals__, vars(builtins)):
            if name in place:
                return place[name]
        raise CompileError(f"{name} has no value yet")


@functools.cache
def _functions(path: str) -> dict[int, ast.FunctionDef]:
    """The functions of a file by their first lines, decorators' lines being theirs."""
    return {
        min(node.lineno, *(mark.lineno for mark in node.decorator_list), node.lineno): node
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def kernel(function: Function) -> Function:
    """Let `function` be compiled, whenever a kernel or a program calls it."""
    return cast("Function", Kernel(function))
