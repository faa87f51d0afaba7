"""Choosing an instruction set; whichever it is, the numbers are the same."""

from __future__ import annotations

import pytest

from engine.simd import cpu
from engine.simd.isa import (
    Isa,
    IsaError,
    available,
    candidates,
    chosen,
    converts_halves,
    target,
)
from tests.support.children import run_python

LOGITS = """
import hashlib, sys
from engine.model import Model
from engine.session import Session
from tests.support.engine_models import MIXES, SHAPES, smooth_checkpoint, some_tokens

for shape, mix in [(shape, mix) for shape in SHAPES for mix in MIXES]:
    config = SHAPES[shape]
    session = Session(Model(smooth_checkpoint(config, four_bits=MIXES[mix])))
    root = session.prefill(some_tokens(config, 40))
    rows = [root.logits]
    for width in (1, 2, 3, 4, 7):
        rows += [b.logits for b in session.decode([(root, token) for token in range(width)])]
    digest = hashlib.sha256(b"".join(row.tobytes() for row in rows))
    print(shape, mix, digest.hexdigest())
"""


def test_every_instruction_set_computes_the_same_bits() -> None:
    results = {isa: run_python(LOGITS, QUICKTYPE_ISA=isa) for isa in available()}
    assert len(results) > 1 or not cpu.on_x86()
    assert len(set(results.values())) == 1, results


def test_the_best_one_is_chosen_unless_told_otherwise() -> None:
    assert chosen({}) is available()[0]
    assert chosen({"QUICKTYPE_ISA": ""}) is available()[0]
    assert chosen({"QUICKTYPE_ISA": "generic"}) is Isa.GENERIC


def test_an_unknown_one_is_refused_with_what_there_is() -> None:
    with pytest.raises(IsaError, match=r"QUICKTYPE_ISA is 'mmx', but this machine runs one of: .*"):
        chosen({"QUICKTYPE_ISA": "mmx"})


ARM = """
from engine.simd import cpu
cpu.on_x86 = lambda: False
from engine.kernels import build
from engine.simd.isa import available, candidates
from engine.simd.jit import OPERATIONS
from engine.simd.machine_code import written
assert [isa.value for isa in available()] == [isa.value for isa in candidates()] == ["generic"]
code = written(OPERATIONS.values())
print(code.count("llvm.x86."), "half" in code)
"""


def test_on_other_machines_only_portable_code_is_made() -> None:
    assert run_python(ARM, QUICKTYPE_ISA="").split() == ["0", "True"]


def test_the_oldest_x86_gets_no_code_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "on_x86", lambda: True)
    assert target(Isa.GENERIC) == ("x86-64", "")
    assert target(Isa.AVX2) == ("x86-64-v3", "")
    assert not converts_halves(Isa.GENERIC)
    assert converts_halves(Isa.AVX2)


FLAGS = {
    "a server with AVX-512": ("avx512_vnni avx512bw avx512vl avx2 fma f16c", "vnni512 vnni256"),
    "a newer desktop": ("avx_vnni avx2 fma f16c", "vnni256"),
    "an older desktop": ("avx2 fma f16c avx512f", "avx2"),
    "a very old one": ("sse2", "generic"),
}


@pytest.mark.parametrize(("flags", "fastest"), FLAGS.values(), ids=FLAGS.keys())
def test_a_measurement_decides_only_between_those_that_may_win(
    monkeypatch: pytest.MonkeyPatch, flags: str, fastest: str
) -> None:
    monkeypatch.setattr(cpu, "on_x86", lambda: True)
    names = {cpu._FEATURES[flag] for flag in flags.split() if flag in cpu._FEATURES}
    monkeypatch.setattr(cpu, "features", lambda: names)
    assert " ".join(candidates()) == fastest
    assert set(candidates()) <= set(available())
    assert available()[-1] is Isa.GENERIC
