"""Kernels called from Python, which only tests do."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from engine.compiler import Program
from engine.compiler.machine_code import object_file
from engine.compiler.values import INTEGER
from engine.simd.isa import chosen, target

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "under_test"


def compiled(kernel: Callable[..., None], arguments: int) -> Callable[..., None]:
    """A kernel of so many integers as machine code; raises CompileError."""
    program = Program()
    program.add(NAME, kernel, *[INTEGER] * arguments)
    code = object_file(str(program), *target(chosen()))
    jit = llvm.create_lljit_compiler()
    builder = llvm.JITLibraryBuilder().add_object_img(code)
    builder.export_symbol(NAME)
    library = builder.add_current_process().link(jit, NAME)
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * arguments)(library[NAME])
    keep: Any = (jit, library)

    def run(*values: int) -> None:
        call(*values)
        assert keep

    return run
