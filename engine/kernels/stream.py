"""Merely reading memory: the floor under every forward pass, which must read all weights."""

from __future__ import annotations

import numpy as np

from engine.kernels import layout
from engine.simd.jit import kernel
from engine.simd.vectors import add, broadcast, lane_sum, load, load_integer, prefetch, store_single

LINE = layout.LINE
AHEAD = 4096
"""How many bytes before their use lines are asked for."""
ZERO = np.float32(0.0)


@kernel
def read_through(table: int, count: int, out: int) -> None:
    """Read `count` pieces of memory; `table` is the address of int64 [count, 2], (address, bytes).

    What is read is added up, as singles, and stored at `out`, so that no compiler leaves it out.
    Four lines at a time; what is left of a piece beyond whole groups of four is not read.
    """
    a = broadcast(ZERO)
    b, c, d = a, a, a
    for piece in range(count):
        start = load_integer(table + 16 * piece)
        for line in range(load_integer(table + 16 * piece + 8) // (4 * LINE)):
            place = start + 4 * LINE * line
            for ahead in range(4):
                prefetch(place + AHEAD + LINE * ahead)
            a = add(a, load(place))
            b = add(b, load(place + LINE))
            c = add(c, load(place + 2 * LINE))
            d = add(d, load(place + 3 * LINE))
    store_single(out, lane_sum(add(add(a, b), add(c, d))))
