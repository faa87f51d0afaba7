"""Which instruction set the kernels are compiled for.

One source serves all of them. The two VNNI paths use the x86 instruction ``vpdpbusd``, which adds
sixteen (or eight) four-byte dot products to 32-bit sums; the other two are plain LLVM vector code.
All paths compute the same numbers, bit for bit: integer sums are exact, floating-point operations
are made in one fixed order and never fused behind our back.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.simd import cpu

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "QUICKTYPE_ISA"


class IsaError(ValueError):
    """The instruction set asked for is unknown, or this machine lacks it."""


class Isa(StrEnum):
    """A way of compiling the kernels."""

    VNNI512 = "vnni512"
    """x86 with AVX-512 VNNI, in 512-bit registers."""
    VNNI256 = "vnni256"
    """x86 with AVX-VNNI, or AVX-512 VNNI with VL, the dot products in 256-bit registers."""
    AVX2 = "avx2"
    """x86 with AVX2, FMA and F16C, as LLVM compiles plain vector code for it (x86-64-v3)."""
    GENERIC = "generic"
    """Any machine. Elsewhere than on x86 LLVM uses all that the host has (on ARM, NEON); on x86
    only the SSE2 that every one has, with fused multiply-add and half precision in software."""


def available() -> tuple[Isa, ...]:
    """What this machine can run, the one that is the fastest on most machines first."""
    if not cpu.on_x86():
        return (Isa.GENERIC,)
    has = cpu.features()
    found = []
    if has >= {"avx512vnni", "avx512bw", "avx512vl"}:
        found.append(Isa.VNNI512)
    if "avxvnni" in has or Isa.VNNI512 in found:
        found.append(Isa.VNNI256)
    if has >= {"avx2", "fma", "f16c"}:
        found.append(Isa.AVX2)
    return (*found, Isa.GENERIC)


def candidates() -> tuple[Isa, ...]:
    """Those among `available` of which only a measurement can tell which one is the fastest here.

    512-bit registers slow down the whole core on some servers. What has no VNNI never wins against
    what has it, nor SSE2 against AVX2.
    """
    offered = available()
    dotted = tuple(isa for isa in offered if isa in {Isa.VNNI512, Isa.VNNI256})
    return dotted or offered[:1]


def named(environment: Mapping[str, str] = os.environ) -> Isa | None:
    """The instruction set that QUICKTYPE_ISA names, if it does; raises IsaError."""
    name = environment.get(VARIABLE)
    if not name:
        return None
    offered = available()
    if name not in offered:
        names = ", ".join(offered)
        raise IsaError(f"{VARIABLE} is {name!r}, but this machine runs one of: {names}")
    return Isa(name)


def chosen(environment: Mapping[str, str] = os.environ) -> Isa:
    """The instruction set to compile for: the one named, else the first; raises IsaError.

    Which one a model runs with is `engine.kernels.choice`'s business: it measures.
    """
    return named(environment) or available()[0]


def target(isa: Isa) -> tuple[str, str]:
    """The CPU name and the feature string to compile for, as LLVM wants them."""
    import llvmlite.binding as llvm  # noqa: PLC0415 (40 MB that only compiling is worth)

    if cpu.on_x86() and isa is Isa.AVX2:
        return "x86-64-v3", ""
    if cpu.on_x86() and isa is Isa.GENERIC:
        return "x86-64", ""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def converts_halves(isa: Isa) -> bool:
    """Whether the machine code has instructions between half and single precision."""
    return not (cpu.on_x86() and isa is Isa.GENERIC)


def registers(isa: Isa) -> int:
    """How many vector registers the machine code has."""
    has_more = isa is Isa.VNNI512 or (isa is Isa.VNNI256 and "avx512vl" in cpu.features())
    return 32 if has_more else 16
