"""Makes the machine code: compiles in child processes, and finds out how the system takes it.

First numba translates the kernels to LLVM's language, for all instruction sets (`source`); that is
kept too. Then LLVM compiles it for each instruction set, side by side (`build`). Only the first
start on a machine, or after an update, comes here.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernels import native, shelf
from engine.kernels.native import FORWARD, READ, KernelError, Kernels, LoadError
from engine.linker import LinkError, link
from engine.simd.isa import VARIABLE, Isa

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]


def make(names: Mapping[str, Isa], source_name: str) -> list[Kernels]:
    """The code for several instruction sets, compiled side by side, and kept under these names.

    `source_name` is what the kernels in LLVM's language are kept under. Raises KernelError.
    """
    source = _source(source_name, next(iter(names.values())))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        making = [threads.submit(_made, name, isa, source) for name, isa in names.items()]
        return [made.result() for made in making]


def run_child(module: str, isa: Isa, *arguments: str, purpose: str, content: bytes = b"") -> bytes:
    """What a module of ours writes as a program, with `isa` named; raises KernelError.

    `content` is what it reads.
    """
    search = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    child = subprocess.run(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-P", "-m", module, *arguments],
        env={**os.environ, VARIABLE: isa, "PYTHONPATH": search},
        input=content,
        capture_output=True,
        check=False,
    )
    if child.returncode or not child.stdout:
        lines = child.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise KernelError(f"the engine could not be {purpose}: {lines[-1]}")
    return child.stdout


def _source(name: str, isa: Isa) -> bytes:
    """The kernels in LLVM's language, as bitcode."""
    if found := shelf.read(name):
        return found[0]
    source = _translate(isa)
    shelf.write(name, source)
    return source


def _made(name: str, isa: Isa, source: bytes) -> Kernels:
    """The code, compiled and kept: as a shared library if the system takes it as one."""
    code = _compile(isa, source)
    try:
        return _as_library(name, code)
    except LoadError as error:
        _LOG.info("the compiled engine is loaded by LLVM: %s", error)
    try:
        kernels = native.through_llvm(code)
    except LoadError as error:
        raise KernelError(f"the compiled engine cannot be loaded: {error}") from error
    shelf.write(f"{name}.o", code)
    return kernels


def _as_library(name: str, code: bytes) -> Kernels:
    """Link the object file and load it from where it is kept, else from memory."""
    if not sys.platform.startswith("linux"):
        raise LoadError("shared libraries are made for Linux only")
    try:
        library = link(code, (FORWARD, READ))
    except LinkError as error:
        raise LoadError(str(error)) from error
    path = shelf.write(f"{name}.so", library)
    try:
        return native.from_library(library, path)
    except LoadError:
        if path is not None:
            path.unlink(missing_ok=True)
        raise


def _translate(isa: Isa) -> bytes:
    """Translate in a child process; `isa` is any that this machine has."""
    return run_child("engine.kernels.source", isa, purpose="translated")


def _compile(isa: Isa, source: bytes) -> bytes:
    """Compile in a child process: it takes 200 MB for a few seconds."""
    return run_child("engine.kernels.build", isa, purpose=f"compiled for {isa}", content=source)
