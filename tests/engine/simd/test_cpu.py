"""The processor as Linux describes it: the same as LLVM sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import llvmlite.binding as llvm
import pytest

from engine.simd import cpu

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Gold 6230
stepping\t: 7
cpu MHz\t\t: {mhz}
flags\t\t: fpu sse2 fma avx2 f16c {flags}

processor\t: 1
vendor_id\t: SomebodyElse
"""


@pytest.fixture
def cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the system says, to be written by a test."""
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(cpu, "_CPUINFO", path)
    _forget()
    yield path
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    cpu._facts.cache_clear()
    cpu.features.cache_clear()


def test_both_ways_of_looking_give_the_same_answer() -> None:
    assert cpu.on_x86() == llvm.get_default_triple().startswith("x86_64")
    assert cpu.features() == cpu._features_by_llvm()


def test_the_first_processor_speaks_for_all(cpuinfo: Path) -> None:
    cpuinfo.write_text(FIRST.format(mhz="2100.5", flags="avx512_vnni"))
    assert cpu.features() == {"avx2", "fma", "f16c", "avx512vnni"}
    assert "Gold 6230" in cpu.identity()
    assert "SomebodyElse" not in cpu.identity()


def test_its_identity_changes_with_what_it_can_not_with_its_clock(cpuinfo: Path) -> None:
    seen = []
    for mhz, flags in (("2100.5", ""), ("3900.0", ""), ("2100.5", "avx_vnni")):
        cpuinfo.write_text(FIRST.format(mhz=mhz, flags=flags))
        _forget()
        seen.append(cpu.identity())
    assert seen[0] == seen[1] != seen[2]


def test_where_the_system_says_nothing_llvm_is_asked(cpuinfo: Path) -> None:
    assert not cpuinfo.exists()
    assert cpu.features() == cpu._features_by_llvm()
    assert cpu.identity().startswith(llvm.get_host_cpu_name())
