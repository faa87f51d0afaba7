"""A small compiler: kernels, written in a part of Python, become LLVM code.

A kernel is a function of numbers, vectors and named tuples of them. It may assign to names, loop
over ``range`` or with ``while``, branch with ``if``, reckon, compare, join conditions, return, and
call: other kernels, operations (functions that write LLVM code), named tuples, and the few
functions in `builtin`. Plain numbers are 64-bit integers, and types never mix silently. What a
kernel finds outside of itself, in its module or in the function around it, is a constant; a branch
that constants rule out is not even compiled.

The code is written down as it is read, variables in memory and all. Making it fast is what LLVM is
for.
"""

from engine.compiler.kernel import Kernel, kernel
from engine.compiler.operation import Operation, operation
from engine.compiler.program import Program
from engine.compiler.values import CompileError

__all__ = ["CompileError", "Kernel", "Operation", "Program", "kernel", "operation"]
