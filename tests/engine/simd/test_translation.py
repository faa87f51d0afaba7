"""What numba writes, and what becomes of it for each instruction set."""

from __future__ import annotations

from engine.simd.isa import available
from tests.support.children import run_python

TRANSLATED = """
import llvmlite.binding as llvm
from engine.simd.translation import translated
from tests.support.vector_checks import narrow
print(llvm.parse_bitcode(translated({"narrow": narrow})))
"""


def test_the_translation_is_the_same_for_all_instruction_sets() -> None:
    texts = {run_python(TRANSLATED, QUICKTYPE_ISA=isa) for isa in available()}
    assert len(texts) == 1
    (text,) = texts
    assert "define void @narrow(i64" in text
    assert "declare ptr @engine.simd.vectors.store_halves.1(i64, <16 x float>)" in text
    assert "llvm.x86" not in text


NO_NUMBA = """
import sys
import engine.kernels.build
print("numba" in sys.modules)
"""


def test_compiling_for_an_instruction_set_needs_no_numba() -> None:
    assert run_python(NO_NUMBA).strip() == "False"
