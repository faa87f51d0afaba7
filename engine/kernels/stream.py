"""Merely reading memory: the floor under every forward pass, which must read all weights."""

from __future__ import annotations

import numpy as np

from engine.kernels import layout
from engine.simd.jit import kernel
from engine.simd.vectors import add, broadcast, lane_sum, load, load_integer, prefetch, store_single

LINE = layout.LINE
ZERO = np.float32(0.0)
ROW_BYTES = 32


@kernel
def read_through(table: int, count: int, ahead: int) -> None:
    """Read `count` pieces of memory, each line `ahead` bytes after it was asked for (0: unasked).

    `table` is the address of int64 [count + 1, 4]. A row is a piece: (address, steps, bytes from
    one step to the next, bytes between the four pairs of lines of a step). So a piece may be read
    in order, or in four streams. What is read is added up, as singles, and the sum stored in the
    last row, so that no compiler leaves the reading out.
    """
    a = broadcast(ZERO)
    b, c, d, e, f, g, h = a, a, a, a, a, a, a
    for piece in range(count):
        row = table + ROW_BYTES * piece
        first = load_integer(row)
        step, apart = load_integer(row + 16), load_integer(row + 24)
        second, third, fourth = first + apart, first + 2 * apart, first + 3 * apart
        for number in range(load_integer(row + 8)):
            place = step * number
            if ahead > 0:
                for pair in range(4):
                    prefetch(first + apart * pair + place + ahead)
                    prefetch(first + apart * pair + place + ahead + LINE)
            a = add(a, load(first + place))
            b = add(b, load(first + place + LINE))
            c = add(c, load(second + place))
            d = add(d, load(second + place + LINE))
            e = add(e, load(third + place))
            f = add(f, load(third + place + LINE))
            g = add(g, load(fourth + place))
            h = add(h, load(fourth + place + LINE))
    total = add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h)))
    store_single(table + ROW_BYTES * count, lane_sum(total))
