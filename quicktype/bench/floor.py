"""How fast this machine merely reads a model's weights.

No way of reading is the fastest on every machine and for every size, so a few are tried: in order,
which suits small caches and hardware that prefetches well, and in four streams from the quarters of
a matrix, which keeps more requests in flight to a slower memory. The fastest is the floor.
"""

from __future__ import annotations

from statistics import median
from threading import Barrier, Thread
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.kernels.layout import LINE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.model import Model

_TIMES = 8
_STREAMS = 4
_PAIR = 2 * LINE


class Way(NamedTuple):
    """A way of reading."""

    streams: int
    """One is in order, four are from the quarters of each matrix."""
    ahead: int
    """How many bytes before its use a line is asked for; 0 leaves that to the hardware."""


WAYS = (Way(1, 0), Way(1, 4096), Way(_STREAMS, 0), Way(_STREAMS, 2048))


class Floor:
    """Reads the weights of a model in every way, and keeps the times.

    So many threads read a part of each matrix at the same time; the slowest one counts.
    """

    def __init__(self, model: Model, threads: int = 1) -> None:
        self._model = model
        self.threads = threads
        self.nbytes = model.weight_bytes
        """How many bytes the weights are; at the end of each part of a matrix at most 511 are not
        read."""
        parts = [part(model.read_pieces(), number, threads) for number in range(threads)]
        self._tables = {way: [table(pieces, way) for pieces in parts] for way in WAYS}
        self._taken: dict[Way, list[float]] = {way: [] for way in WAYS}

    def take(self) -> None:
        """A few times in every way."""
        for way, tables in self._tables.items():
            together = Barrier(self.threads)
            found: list[list[float]] = [[] for _ in tables]
            threads = [
                Thread(target=self._read, args=(rows, way.ahead, together, times))
                for rows, times in zip(tables, found, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self._taken[way] += map(max, zip(*found, strict=True))

    def _read(
        self, rows: NDArray[np.int64], ahead: int, together: Barrier, times: list[float]
    ) -> None:
        """One thread's part, a few times."""
        arguments = (rows.ctypes.data, len(rows) - 1, ahead)
        together.wait()
        self._model.kernels.read(*arguments)
        for _ in range(_TIMES):
            begun = perf_counter()
            self._model.kernels.read(*arguments)
            times.append(perf_counter() - begun)

    @property
    def seconds(self) -> float:
        """The median of the fastest way."""
        return min(median(taken) for taken in self._taken.values())


def part(pieces: NDArray[np.int64], number: int, parts: int) -> NDArray[np.int64]:
    """One of so many parts of each piece, alike but for a line; rows are (address, bytes)."""
    lines = pieces[:, 1] // LINE
    first, last = lines * number // parts, lines * (number + 1) // parts
    return np.stack([pieces[:, 0] + LINE * first, LINE * (last - first)], axis=1)


def table(pieces: NDArray[np.int64], way: Way) -> NDArray[np.int64]:
    """What `engine.kernels.stream.read_through` is given, [pieces + 1, 4]; the last row is its own.

    `pieces` has rows of (address, bytes).
    """
    rows = np.zeros((len(pieces) + 1, 4), np.int64)
    steps = pieces[:, 1] // (_STREAMS * _PAIR)
    rows[:-1, 0], rows[:-1, 1] = pieces[:, 0], steps
    rows[:-1, 2] = _PAIR if way.streams == _STREAMS else _STREAMS * _PAIR
    rows[:-1, 3] = steps * _PAIR if way.streams == _STREAMS else _PAIR
    return rows
