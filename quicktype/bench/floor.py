"""How fast this machine merely reads a model's weights with one thread.

No way of reading is the fastest on every machine and for every size, so a few are tried: in order,
which suits small caches and hardware that prefetches well, and in four streams from the quarters of
a matrix, which keeps more requests in flight to a slower memory. The fastest is the floor.
"""

from __future__ import annotations

from statistics import median
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
    """Reads the weights of a model in every way, and keeps the times."""

    def __init__(self, model: Model) -> None:
        self._model = model
        pieces = model.read_pieces()
        self.nbytes = int(pieces[:, 1].sum())
        """How many bytes the weights are; at most 448 at the end of each matrix are not read."""
        self._tables = {way: table(pieces, way) for way in WAYS}
        self._taken: dict[Way, list[float]] = {way: [] for way in WAYS}

    def take(self) -> None:
        """A few times in every way."""
        for way, rows in self._tables.items():
            arguments = (rows.ctypes.data, len(rows) - 1, way.ahead)
            self._model.kernels.read(*arguments)
            for _ in range(_TIMES):
                begun = perf_counter()
                self._model.kernels.read(*arguments)
                self._taken[way].append(perf_counter() - begun)

    @property
    def seconds(self) -> float:
        """The median of the fastest way."""
        return min(median(taken) for taken in self._taken.values())


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
