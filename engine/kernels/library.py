"""Loads the forward pass as machine code, and has it made when there is none yet.

The code is kept (`engine.kernels.shelf`) under a name made of everything that it depends on: the
kernels' sources, the instruction set, the processor, the versions of Python, numba and LLVM. Where
nothing can be kept, the code is compiled anew by each process.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.kernels import native, shelf
from engine.kernels.native import KernelError, Kernels, LoadError
from engine.simd import cpu

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.simd.isa import Isa

__all__ = ["COMPILING", "KernelError", "Kernels", "key", "load", "prepare"]

COMPILING = "compiling the engine for this machine, once (about ten seconds)"

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]
_SOURCES = ("engine/kernels", "engine/linker", "engine/simd")
_COMPILERS = ("llvmlite", "numba")
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
    return _digest(isa, cpu.identity())


def source_key() -> str:
    """A digest of all that the kernels in LLVM's language depend on."""
    return _digest()


def _digest(*facts: str) -> str:
    """A digest of some facts, and of what all compiled code depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _SOURCES for path in (_ROOT / folder).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    versions = map(_version, _COMPILERS)
    for fact in (*facts, sys.platform, platform.machine(), sys.version, *versions):
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
    # Every start comes by here, and reading the metadata of packages takes 18 ms and 4 MB.
    from importlib.metadata import version  # noqa: PLC0415 - only for a package without _version.py

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
    names = {_file_name(isa): isa for isa in isas}
    missing = {name: isa for name, isa in names.items() if _kept(name) is None}
    if missing:
        _make(missing, notify)


def _made_in_turn(name: str, isa: Isa, notify: Callable[[str], None]) -> Kernels:
    """The code that another process is about to leave, or else our own."""
    with shelf.turn():
        return _kept(name) or _make({name: isa}, notify)[0]


def _make(names: Mapping[str, Isa], notify: Callable[[str], None]) -> list[Kernels]:
    """Compile for several instruction sets, and keep the code under these names."""
    # Threads, processes and the linker take 15 ms to import: only the first start needs them.
    from engine.kernels import making  # noqa: PLC0415 - see above

    notify(COMPILING)
    return making.make(names, f"kernels-{source_key()}.bc")
