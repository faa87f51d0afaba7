"""Single operations, in children: numba never enters a running program, nor these tests."""

from __future__ import annotations

import pytest

from tests.support.children import run_python

HALVES = """
import numpy as np
from engine.simd import vectors as v
from engine.simd.jit import kernel

@kernel
def widen(source, target, count):
    for i in range(0, count, 16):
        v.store(target + 4 * i, v.load_halves(source + 2 * i))

@kernel
def narrow(source, target, count):
    for i in range(0, count, 16):
        v.store_halves(target + 2 * i, v.load(source + 4 * i))

halves = np.arange(65536, dtype=np.uint16).view(np.float16)
halves = halves[np.isfinite(halves)]
halves = halves[: len(halves) // 16 * 16].copy()
singles = np.zeros(len(halves), np.float32)
widen(halves.ctypes.data, singles.ctypes.data, len(halves))
assert singles.tobytes() == halves.astype(np.float32).tobytes()

# Every half, what lies between two of them, a little on either side, and what is too small.
steps = np.spacing(halves).astype(np.float32)
near = np.concatenate([singles + part * steps for part in (0, 0.25, 0.5, 0.500001, -0.499999)])
random = np.random.default_rng(1)
spread = (random.standard_normal(160_000) * 10.0 ** random.uniform(-12, 4, 160_000))
near = np.concatenate([near, spread.astype(np.float32), np.float32([1e-30, -1e-30] * 8)])
near = near[np.abs(near) < 65519]
near = near[: len(near) // 16 * 16].copy()
found = np.zeros(len(near), np.float16)
narrow(near.ctypes.data, found.ctypes.data, len(near))
assert found.tobytes() == near.astype(np.float16).tobytes()
print("same", len(near))
"""


@pytest.mark.parametrize("isa", ["", "generic"])
def test_half_precision_is_numpys_in_hardware_and_in_software(isa: str) -> None:
    assert run_python(HALVES, QUICKTYPE_ISA=isa).startswith("same")


EXPONENTIAL = """
import numpy as np
from engine.simd import vectors as v
from engine.simd.jit import kernel

@kernel
def apply(source, target, count):
    for i in range(0, count, 16):
        v.store(target + 4 * i, v.exponential(v.load(source + 4 * i)))

x = np.linspace(-87, 87, 160_000, dtype=np.float32)
found = np.zeros_like(x)
apply(x.ctypes.data, found.ctypes.data, len(x))
exact = np.exp(x.astype(np.float64))
print(np.abs(found / exact - 1).max())
beyond = np.array([-1e30, -200.0, 200.0, 1e30] * 4, np.float32)
apply(beyond.ctypes.data, found.ctypes.data, 16)
print(found[0], found[2])
"""


def test_the_exponential_is_good_to_the_last_place_and_never_overflows() -> None:
    error, smallest, largest = map(float, run_python(EXPONENTIAL).split())
    assert error < 2**-22
    assert 0 < smallest < 1e-37
    assert 1e37 < largest < 3e38
