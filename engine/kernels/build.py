"""Kernels from LLVM's language to machine code: reads standard input, writes standard output.

Started as a child process by `engine.kernels.making` for each instruction set, so that the memory
that compiling takes is given back, and the program itself never loads LLVM.
"""

from __future__ import annotations

import sys

import engine.kernels.forward  # for its operations
import engine.kernels.stream  # noqa: F401
from engine.kernels.native import FORWARD, READ
from engine.simd.machine_code import object_file

if __name__ == "__main__":
    sys.stdout.buffer.write(object_file(sys.stdin.buffer.read(), {FORWARD, READ}))
