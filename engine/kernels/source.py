"""All kernels in LLVM's language; a program that writes them to standard output, as bitcode.

Started as a child process by `engine.kernels.making`, so that the memory that this takes is given
back, and the program itself never imports numba.
"""

from __future__ import annotations

import sys
from typing import Any

from engine.kernels.forward import forward
from engine.kernels.native import FORWARD, READ
from engine.kernels.stream import read_through
from engine.simd.translation import translated

KERNELS: dict[str, Any] = {FORWARD: forward, READ: read_through}

if __name__ == "__main__":
    sys.stdout.buffer.write(translated(KERNELS))
