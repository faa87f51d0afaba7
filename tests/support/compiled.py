"""Kernels called from Python, which only tests do."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from engine.simd.machine_code import object_file
from engine.simd.translation import translated

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "under_test"


def compiled(kernel: Any) -> Callable[[int, int, int], None]:
    """A kernel of three integers as machine code for the chosen instruction set."""
    code = object_file(translated({NAME: kernel}), {NAME})
    jit = llvm.create_lljit_compiler()
    builder = llvm.JITLibraryBuilder().add_object_img(code)
    builder.export_symbol(NAME)
    library = builder.add_current_process().link(jit, NAME)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)(library[NAME])
    keep: Any = (jit, library)

    def run(*values: int) -> None:
        call(*values)
        assert keep

    return run
