"""What processor this is, found out without loading LLVM, which takes 40 MB.

Linux tells in ``/proc/cpuinfo``; elsewhere LLVM is asked after all.
"""

from __future__ import annotations

import functools
import platform
import sys
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_FIRST_BYTES = 1 << 14
"""Enough for the first processor; a server has hundreds, all alike."""
_IDENTITY = frozenset(
    (
        *("vendor_id", "cpu family", "model", "model name", "stepping", "flags"),
        *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features"),
    )
)
"""The lines that say what a processor is, on x86 and on ARM; the others change or count."""
_FEATURES = {
    "avx2": "avx2",
    "fma": "fma",
    "f16c": "f16c",
    "avx_vnni": "avxvnni",
    "avx512bw": "avx512bw",
    "avx512vl": "avx512vl",
    "avx512_vnni": "avx512vnni",
}
"""LLVM's names of what kernels may be compiled for, by the kernel's."""


def on_x86() -> bool:
    """Whether this is a 64-bit x86, with a Python made for it."""
    return platform.machine().lower() in {"x86_64", "amd64"} and sys.maxsize > 1 << 32


@functools.cache
def features() -> frozenset[str]:
    """Those instruction sets, of the ones kernels may be compiled for, that it has.

    They go by LLVM's names. Linux leaves out what the system cannot save in a context switch.
    """
    flags = _facts().get("flags")
    if flags is not None:
        return frozenset(_FEATURES[flag] for flag in flags.split() if flag in _FEATURES)
    if not on_x86():
        return frozenset()
    return _features_by_llvm()


def identity() -> str:
    """A text that is another one wherever compiled code might not run or not run well."""
    facts = _facts()
    if facts:
        return "\n".join(f"{key}: {facts[key]}" for key in sorted(facts))
    import llvmlite.binding as llvm  # noqa: PLC0415 (the long way, see above)

    return f"{llvm.get_host_cpu_name()}\n{llvm.get_host_cpu_features().flatten()}"


def _features_by_llvm() -> frozenset[str]:
    import llvmlite.binding as llvm  # noqa: PLC0415 (the long way, see above)

    has = llvm.get_host_cpu_features()
    return frozenset(name for name in _FEATURES.values() if has.get(name))


@functools.cache
def _facts() -> dict[str, str]:
    """What the system says about the first processor; nothing where it says nothing."""
    try:
        with _CPUINFO.open("rb") as file:
            first = file.read(_FIRST_BYTES).partition(b"\n\n")[0]
    except OSError:
        return {}
    facts = {}
    for line in first.decode(errors="replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in _IDENTITY:
            facts[key.strip()] = value.strip()
    return facts
