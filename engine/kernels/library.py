"""Loads the forward pass as machine code, and has it compiled when there is none yet.

The code is kept in ``$XDG_CACHE_HOME/quicktype`` (else ``~/.cache/quicktype``), under a name made
of everything that it depends on: the kernels' sources, the instruction set, the CPU, the versions
of Python, numba and LLVM. A file that is damaged, or that somebody else could have written, is not
used. Where nothing can be written, the code is compiled anew by each process.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import logging
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from engine.simd.isa import VARIABLE, Isa, chosen, target

if TYPE_CHECKING:
    from collections.abc import Callable

FORWARD, READ = "quicktype_forward", "quicktype_read"
"""The names of the compiled functions, both ``void (int64, int64, int64)``."""

COMPILING = "compiling the engine for this machine, once (about ten seconds)"

_LOG = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size
_ROOT = Path(__file__).parents[2]


class Kernels(NamedTuple):
    """The machine code; both functions run without the GIL."""

    forward: Callable[[int, int, int], None]
    """`engine.kernels.forward.forward`: plan, rows, first row with logits."""
    read: Callable[[int, int, int], None]
    """`engine.kernels.stream.read_through`: table, count, out."""
    keep: object
    """What the code lives in."""


class KernelError(RuntimeError):
    """The kernels could not be compiled or loaded; the message is one line."""


def cache_folder() -> Path:
    """Where compiled code is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "quicktype"


def load(notify: Callable[[str], None] = _LOG.info) -> Kernels:
    """The compiled kernels for the chosen instruction set.

    `notify` is given one line when compiling begins. Raises IsaError and KernelError.
    """
    return _load(chosen(), notify)


@functools.cache
def _key(isa: Isa) -> str:
    """A digest of all that the machine code depends on."""
    digest = hashlib.sha256()
    folders = (_ROOT / "engine" / "simd", _ROOT / "engine" / "kernels")
    for path in sorted(path for folder in folders for path in folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    versions = (platform.python_version(), llvmlite.__version__, version("numba"))
    for fact in (isa, *target(isa), llvm.get_default_triple(), *versions):
        digest.update(fact.encode() + b"\0")
    return digest.hexdigest()[:24]


_loaded: dict[str, Kernels] = {}


def _load(isa: Isa, notify: Callable[[str], None]) -> Kernels:
    key = _key(isa)
    if key not in _loaded:
        path = cache_folder() / f"kernels-{isa}-{key}.o"
        code = _read(path)
        if code is None:
            notify(COMPILING)
            code = _compile(isa)
            _write(path, code)
        _loaded[key] = _link(code, key)
    return _loaded[key]


def _read(path: Path) -> bytes | None:
    """The code in a cache file, or None if there is none that can be trusted."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            content = file.read()
    except OSError:
        return None
    digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    """Put the code into the cache, whole or not at all; a cache may as well be unwritable."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kernels-")
    except OSError as error:
        _LOG.info("the compiled engine is not kept: %s", error)
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        _LOG.info("the compiled engine is not kept: %s", error)


def _compile(isa: Isa) -> bytes:
    """Compile in a child process: it takes 250 MB for a few seconds."""
    search = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    child = subprocess.run(
        [sys.executable, "-P", "-m", "engine.kernels.build"],
        env={**os.environ, VARIABLE: isa, "PYTHONPATH": search},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if child.returncode or not child.stdout:
        lines = child.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise KernelError(f"the engine could not be compiled for {isa}: {lines[-1]}")
    return child.stdout


def _link(code: bytes, key: str) -> Kernels:
    """Make the object file callable."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    integer = ctypes.c_int64
    kind = ctypes.CFUNCTYPE(None, integer, integer, integer)
    try:
        jit = llvm.create_lljit_compiler()
        builder = llvm.JITLibraryBuilder().add_object_img(code)
        for symbol in (FORWARD, READ):
            builder.export_symbol(symbol)
        library = builder.add_current_process().link(jit, key)
        forward, read = (kind(library[symbol]) for symbol in (FORWARD, READ))
    except (RuntimeError, KeyError) as error:
        raise KernelError(f"the compiled engine cannot be loaded: {error}") from error
    return Kernels(forward, read, (jit, library))
