"""Single operations beside NumPy's; run in children, each for an instruction set of its own."""

from __future__ import annotations

import numpy as np

from engine.simd import vectors as v
from engine.simd.jit import kernel
from tests.support.compiled import compiled


@kernel
def widen(source: int, target: int, count: int) -> None:
    for i in range(0, count, 16):
        v.store(target + 4 * i, v.load_halves(source + 2 * i))


@kernel
def narrow(source: int, target: int, count: int) -> None:
    for i in range(0, count, 16):
        v.store_halves(target + 2 * i, v.load(source + 4 * i))


@kernel
def exponentials(source: int, target: int, count: int) -> None:
    for i in range(0, count, 16):
        v.store(target + 4 * i, v.exponential(v.load(source + 4 * i)))


def halves() -> None:
    """Every half widened; narrowed, numbers at and near every half, and some of all sizes."""
    numbers = np.arange(65536, dtype=np.uint16).view(np.float16)
    numbers = numbers[np.isfinite(numbers)]
    numbers = numbers[: len(numbers) // 16 * 16].copy()
    singles = np.zeros(len(numbers), np.float32)
    compiled(widen)(numbers.ctypes.data, singles.ctypes.data, len(numbers))
    assert singles.tobytes() == numbers.astype(np.float32).tobytes()

    # Every half, what lies between two of them, a little on either side, and what is too small.
    steps = np.spacing(numbers).astype(np.float32)
    near = np.concatenate([singles + part * steps for part in (0, 0.25, 0.5, 0.500001, -0.499999)])
    random = np.random.default_rng(1)
    spread = random.standard_normal(160_000) * 10.0 ** random.uniform(-12, 4, 160_000)
    near = np.concatenate(
        [near, spread.astype(np.float32), np.array([1e-30, -1e-30] * 8, np.float32)]
    )
    near = near[np.abs(near) < 65519]
    near = near[: len(near) // 16 * 16].copy()
    found = np.zeros(len(near), np.float16)
    compiled(narrow)(near.ctypes.data, found.ctypes.data, len(near))
    assert found.tobytes() == near.astype(np.float16).tobytes()
    print("same", len(near))


def exponential() -> None:
    """Prints the largest error, then what exponents that are too small and too large give."""
    apply = compiled(exponentials)
    x = np.linspace(-87, 87, 160_000, dtype=np.float32)
    found = np.zeros_like(x)
    apply(x.ctypes.data, found.ctypes.data, len(x))
    exact = np.exp(x.astype(np.float64))
    print(np.abs(found / exact - 1).max())
    beyond = np.array([-1e30, -200.0, 200.0, 1e30] * 4, np.float32)
    apply(beyond.ctypes.data, found.ctypes.data, 16)
    print(found[0], found[2])
