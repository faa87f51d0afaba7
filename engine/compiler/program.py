"""Programs: kernels together in one LLVM module, each compiled once for each kinds of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.compiler.body import Body
from engine.compiler.kernel import Kernel
from engine.compiler.values import CompileError, kind_of, leaves, reshaped, settled, shape_key

if TYPE_CHECKING:
    from collections.abc import Callable


class Program:
    """LLVM code that grows with each kernel that is called.

    Tuples are taken apart where functions meet: each of their numbers is an argument by itself.
    """

    def __init__(self) -> None:
        self._module: Any = ir.Module()
        self._written: dict[Any, tuple[Any, Any] | None] = {}

    def add(self, name: str, kernel: Callable[..., None], *kinds: Any) -> None:
        """Compile a kernel that nobody calls as the public C function `name`; raises CompileError.

        Its arguments are of these kinds, none of them tuples, and it gives nothing.
        """
        if not isinstance(kernel, Kernel):
            raise CompileError(f"{name} is to be a kernel")
        function, result = self._compiled(kernel, kinds, name)
        if result is not None:
            raise CompileError(f"{name} gives something, and C functions here give nothing")
        function.linkage = "external"

    def call(self, builder: Any, kernel: Kernel, values: list[Any]) -> Any:
        """Write a call of a kernel, which is compiled if it was not yet; gives its result."""
        arguments = settled(tuple(values))
        kinds = kind_of(arguments)
        function, kind = self._compiled(kernel, kinds, self._module.get_unique_name(kernel.name))
        result = builder.call(function, leaves(arguments))
        count = len(leaves(kind))
        if count > 1:
            return reshaped(kind, (builder.extract_value(result, i) for i in range(count)))
        return reshaped(kind, [result])

    def __str__(self) -> str:
        """The code as text."""
        return str(self._module)

    def _compiled(self, kernel: Kernel, kinds: tuple[Any, ...], name: str) -> tuple[Any, Any]:
        """The LLVM function of a kernel for arguments of these kinds, and its result's kind."""
        key = kernel, shape_key(kinds)
        if key not in self._written:
            self._written[key] = None
            self._written[key] = self._new(kernel, kinds, name)
        found = self._written[key]
        if found is None:
            raise CompileError(f"{kernel.name} calls itself")
        return found

    def _new(self, kernel: Kernel, kinds: tuple[Any, ...], name: str) -> tuple[Any, Any]:
        names = [argument.arg for argument in kernel.tree.args.args]
        if len(names) != len(kinds):
            raise CompileError(f"{kernel.name} takes {len(names)} values, not {len(kinds)}")
        signature = ir.FunctionType(ir.VoidType(), leaves(kinds))
        function = ir.Function(self._module, signature, name)
        function.linkage = "internal"
        function.attributes.add("nounwind")
        body = Body(self, kernel, function)
        for argument, value in zip(names, reshaped(kinds, function.args), strict=True):
            body.assign(argument, value)
        result = body.finish()
        _let_return(function, leaves(result))
        return function, result


def _let_return(function: Any, kinds: list[Any]) -> None:
    """Say what a function returns, which was not known when it was begun."""
    if kinds:
        kind = kinds[0] if len(kinds) == 1 else ir.LiteralStructType(kinds)
        function.ftype.return_type = function.return_value.type = kind
