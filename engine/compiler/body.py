"""The body of one function while it is written: where the builder is, variables, results.

Variables lie in memory of the function's own, from which LLVM moves them to registers; so branches
and loops need no care here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from engine.compiler import statements
from engine.compiler.values import (
    CompileError,
    kind_of,
    leaves,
    mapped,
    settled,
    shape_key,
)

if TYPE_CHECKING:
    from engine.compiler.kernel import Kernel
    from engine.compiler.program import Program


class Body:
    """A function of LLVM's that a kernel's statements are written into, in turn."""

    def __init__(self, program: Program, kernel: Kernel, function: Any) -> None:
        self.program = program
        self.kernel = kernel
        self._entry = function.append_basic_block("variables")
        self.builder: Any = ir.IRBuilder(function.append_basic_block("begin"))
        self._variables: dict[str, Any] = {}
        self._results: list[Any] = []

    def finish(self) -> Any:
        """Write all of the kernel's statements; gives the kind of its result."""
        statements.write(self, self.kernel.tree.body)
        if not self.ended:
            self.give(None)
        with self.builder.goto_block(self._entry):
            self.builder.branch(self._entry.function.blocks[1])
        return self._results[0]

    @property
    def ended(self) -> bool:
        """Whether nothing can come after what was written last."""
        return bool(self.builder.block.is_terminated)

    def block(self, name: str) -> Any:
        """A new block of code, for `begin`."""
        return self.builder.append_basic_block(name)

    def begin(self, block: Any) -> None:
        """Go on with this block."""
        self.builder.position_at_end(block)

    def leave(self, following: Any) -> None:
        """Unless the function has ended, go to the block `following`."""
        if not self.ended:
            self.builder.branch(following)

    def value_of(self, name: str) -> Any:
        """What a name stands for here: a variable's value, or what it means outside."""
        if name in self._variables:
            return mapped(self.builder.load, self._variables[name])
        return self.kernel.outside(name)

    def assign(self, name: str, value: Any) -> None:
        """Give a variable a value, always of the same kind; raises CompileError."""
        value = settled(value)
        if name not in self._variables:
            self._variables[name] = self.room(kind_of(value))
        self.fill(self._variables[name], value, name)

    def room(self, kind: Any) -> Any:
        """Memory for a value of this kind, which `fill` fills: a tuple of addresses, or one."""
        with self.builder.goto_block(self._entry):
            return mapped(self.builder.alloca, kind)

    def fill(self, places: Any, value: Any, name: str) -> None:
        """Put a value where there is room for it; raises CompileError if it is of another kind."""
        kind = mapped(lambda place: place.allocated_type, places)
        if shape_key(kind) != shape_key(kind_of(value)):
            raise CompileError(f"{name} has values of different types")
        for place, leaf in zip(leaves(places), leaves(value), strict=True):
            self.builder.store(leaf, place)

    def give(self, value: Any) -> None:
        """Return a value, of the same kind everywhere; raises CompileError."""
        value = settled(value)
        self._results.append(kind_of(value))
        if shape_key(self._results[0]) != shape_key(self._results[-1]):
            raise CompileError(f"{self.kernel.name} returns values of different types")
        parts = leaves(value)
        if not parts:
            self.builder.ret_void()
        elif len(parts) == 1:
            self.builder.ret(parts[0])
        else:
            kind = ir.LiteralStructType([part.type for part in parts])
            result = ir.Constant(kind, ir.Undefined)
            for number, part in enumerate(parts):
                result = self.builder.insert_value(result, part, number)
            self.builder.ret(result)
