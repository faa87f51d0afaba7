"""Merely reading: every line of every piece, once, whichever way."""

from __future__ import annotations

import numpy as np
import pytest

from engine.kernels import library
from engine.kernels.choice import choose
from engine.memory import address, aligned
from quicktype.bench.floor import WAYS, Way, part, table


@pytest.mark.parametrize("way", WAYS)
def test_every_way_reads_every_line_once(way: Way) -> None:
    kernels = library.load(choose().isa)
    lines = aligned((80, 16), np.float32)
    lines[...] = np.random.default_rng(3).integers(-1000, 1000, lines.shape)
    unread, single = lines[72:], lines.itemsize
    first, second = lines[:24], lines[40:72]
    pieces = [(address(first), first.size * single), (address(second), second.size * single)]
    rows = table(np.array(pieces, np.int64), way)
    kernels.read(address(rows), len(rows) - 1, way.ahead)
    read = rows[-1:].view(np.float32)[0, 0]
    assert read == first.sum() + second.sum() != lines.sum() - unread.sum()


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_parts_are_all_lines_once(parts: int) -> None:
    pieces = np.array([(6400, 64 * 100), (64000, 64 * 5)], np.int64)
    lines = [
        line
        for number in range(parts)
        for begin, size in part(pieces, number, parts)
        for line in range(begin, begin + size, 64)
    ]
    assert sorted(lines) == [*range(6400, 12800, 64), *range(64000, 64320, 64)]
