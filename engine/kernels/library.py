"""Loads the forward pass as machine code, and has it compiled when there is none yet.

The code is kept (`engine.kernels.shelf`) under a name made of everything that it depends on: the
kernels' sources, the instruction set, the processor, the versions of Python, numba and LLVM. Where
nothing can be kept, the code is compiled anew by each process.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernels import native, shelf
from engine.kernels.native import FORWARD, READ, Kernels, LoadError
from engine.simd import cpu
from engine.simd.isa import VARIABLE, Isa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMPILING", "KernelError", "Kernels", "key", "load", "prepare", "run_child"]

COMPILING = "compiling the engine for this machine, once (about half a minute)"

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]
_SOURCES = ("engine/kernels", "engine/linker", "engine/simd")
_COMPILERS = ("llvmlite", "numba")


class KernelError(RuntimeError):
    """The kernels could not be compiled or loaded; the message is one line."""


_loaded: dict[str, Kernels] = {}


def load(isa: Isa, notify: Callable[[str], None] = _LOG.info) -> Kernels:
    """The compiled kernels for an instruction set that this machine has.

    `notify` is given one line when compiling begins. Raises KernelError.
    """
    name = _file_name(isa)
    if name not in _loaded:
        _loaded[name] = _kept(name) or _made_in_turn(name, isa, notify)
    return _loaded[name]


def _file_name(isa: Isa) -> str:
    """What the code is kept under, without the ending."""
    return f"kernels-{isa}-{key(isa)}"


@functools.cache
def key(isa: Isa) -> str:
    """A digest of all that the machine code depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _SOURCES for path in (_ROOT / folder).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for fact in (isa, sys.platform, sys.version, cpu.identity(), *map(_version, _COMPILERS)):
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()[:24]


def _version(package: str) -> str:
    """What an installed package says about its version, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise KernelError(f"the package {package} is missing: install quicktype again")
    stated = Path(found.origin).with_name("_version.py")
    if stated.exists():
        return stated.read_text()
    from importlib.metadata import version  # noqa: PLC0415 (18 ms and 4 MB)

    return version(package)


def _kept(name: str) -> Kernels | None:
    """The code that an earlier process has left, if the system still takes it."""
    for ending, loaded in ((".so", _from_shelf), (".o", _object_from_shelf)):
        try:
            kernels = loaded(name + ending)
        except LoadError as error:
            _LOG.info("%s cannot be loaded: %s", name + ending, error)
            continue
        if kernels is not None:
            return kernels
    return None


def _from_shelf(name: str) -> Kernels | None:
    found = shelf.read(name)
    return native.from_library(*found) if found else None


def _object_from_shelf(name: str) -> Kernels | None:
    found = shelf.read(name)
    return native.through_llvm(found[0]) if found else None


def kept_at(isa: Isa) -> Path | None:
    """Where the code for an instruction set is kept; None if it is not."""
    name = _file_name(isa)
    found = shelf.read(f"{name}.so") or shelf.read(f"{name}.o")
    return found[1] if found else None


def prepare(isas: Sequence[Isa], notify: Callable[[str], None]) -> None:
    """Have the code for several instruction sets kept, compiled side by side; raises KernelError.

    To be called within `shelf.turn`.
    """
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (rarely needed)

    names = {isa: _file_name(isa) for isa in isas}
    missing = [isa for isa, name in names.items() if _kept(name) is None]
    if missing:
        notify(COMPILING)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda isa: _made(names[isa], isa), missing))


def _made_in_turn(name: str, isa: Isa, notify: Callable[[str], None]) -> Kernels:
    """The code that another process is about to leave, or else our own."""
    with shelf.turn():
        if kernels := _kept(name):
            return kernels
        notify(COMPILING)
        return _made(name, isa)


def _made(name: str, isa: Isa) -> Kernels:
    """The code, compiled and kept: as a shared library if the system takes it as one."""
    code = _compile(isa)
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
    from engine.linker import LinkError, link  # noqa: PLC0415 (only who has compiled needs it)

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


def _compile(isa: Isa) -> bytes:
    """Compile in a child process: it takes 250 MB for a few seconds."""
    return run_child("engine.kernels.build", isa, purpose=f"compiled for {isa}")


def run_child(module: str, isa: Isa, *arguments: str, purpose: str) -> bytes:
    """What a module of ours writes as a program, with `isa` named; raises KernelError."""
    import subprocess  # noqa: PLC0415 (rarely needed)

    search = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    child = subprocess.run(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-P", "-m", module, *arguments],
        env={**os.environ, VARIABLE: isa, "PYTHONPATH": search},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if child.returncode or not child.stdout:
        lines = child.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise KernelError(f"the engine could not be {purpose}: {lines[-1]}")
    return child.stdout
