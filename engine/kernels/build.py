"""Compile the kernels and write the machine code to standard output.

Started as a child process by `engine.kernels.library`, so that the memory that compiling takes is
given back, and the program itself never loads LLVM.
"""

from __future__ import annotations

import sys

from engine.compiler import Program
from engine.compiler.machine_code import object_file
from engine.compiler.values import INTEGER
from engine.kernels.forward import forward
from engine.kernels.native import FORWARD, READ
from engine.kernels.stream import read_through
from engine.simd.isa import chosen, target


def llvm_code() -> str:
    """The kernels in LLVM's language; FORWARD and READ are C functions of three integers."""
    program = Program()
    for name, function in ((FORWARD, forward), (READ, read_through)):
        program.add(name, function, *[INTEGER] * 3)
    return str(program)


def compile_object() -> bytes:
    """The kernels as a relocatable object file for the chosen instruction set."""
    return object_file(llvm_code(), *target(chosen()))


if __name__ == "__main__":
    sys.stdout.buffer.write(compile_object())
