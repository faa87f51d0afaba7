"""Machine code made callable.

A shared library is loaded as the system loads any other: its pages are shared by all processes, and
none is writable and executable. An object file is loaded by LLVM, which costs 40 MB: the way for
systems that `engine.linker` has no library for.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORWARD, READ = "quicktype_forward", "quicktype_read"
"""The names of the compiled functions, both ``void (int64, int64, int64)``."""


class Kernels(NamedTuple):
    """The machine code; both functions run without the GIL."""

    forward: Callable[[int, int, int], None]
    """`engine.kernels.forward.forward`: plan, rows, first row with logits."""
    read: Callable[[int, int, int], None]
    """`engine.kernels.stream.read_through`: table, count, bytes ahead."""
    keep: object
    """What the code lives in."""


class KernelError(RuntimeError):
    """The kernels could not be compiled or loaded; the message is one line."""


class LoadError(Exception):
    """The system does not take the code."""


def from_library(library: bytes, path: Path | None) -> Kernels:
    """The functions of a shared library; `path` is where it lies, if anywhere; raises LoadError.

    Some systems run nothing from a user's folders: then it is loaded from memory.
    """
    if path is not None:
        with suppress(LoadError):
            return _from_file(path)
    return _from_memory(library)


def _from_file(path: str | Path) -> Kernels:
    try:
        library = ctypes.CDLL(os.fspath(path))
        functions = library[FORWARD], library[READ]
    except (OSError, AttributeError) as error:
        raise LoadError(str(error)) from error
    for function in functions:
        function.argtypes, function.restype = (ctypes.c_int64,) * 3, None
    return Kernels(*functions, library)


def _from_memory(library: bytes) -> Kernels:
    if not hasattr(os, "memfd_create"):
        raise LoadError("this system has no files in memory")
    try:
        # It stays open, for the loader knows a library by its path, and numbers are used again.
        descriptor = os.memfd_create("quicktype-kernels")
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(library)
    except OSError as error:
        raise LoadError(str(error)) from error
    return _from_file(f"/proc/self/fd/{descriptor}")


def through_llvm(code: bytes) -> Kernels:
    """The functions of an object file; raises LoadError."""
    import llvmlite.binding as llvm  # noqa: PLC0415 (40 MB)

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
    try:
        jit = llvm.create_lljit_compiler()
        builder = llvm.JITLibraryBuilder().add_object_img(code)
        for symbol in (FORWARD, READ):
            builder.export_symbol(symbol)
        library = builder.add_current_process().link(jit, "kernels")
        functions = kind(library[FORWARD]), kind(library[READ])
    except (RuntimeError, KeyError) as error:
        raise LoadError(str(error)) from error
    return Kernels(*functions, (jit, library))
