"""Asking for weights before they are used.

A forward pass reads all weights in one order, and waits for them more than for anything else. So
the kernels that multiply ask, line by line in that very order, for what lies a fixed distance
ahead: that keeps the hardware's own prefetching going too. Where a matrix ends the stream goes on
with the matrix that is read next.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.kernels import layout
from engine.simd.jit import kernel
from engine.simd.vectors import prefetch

LINE = layout.LINE
AHEAD, AHEAD_IN_MEMORY = 3072, 16384
"""How many bytes before their use weights are asked for, in the cache and in memory."""


class Stream(NamedTuple):
    """How the weights of a matrix are asked for."""

    end: int
    """Where the reading of the matrix ends."""
    following: int
    """What is read next."""
    in_memory: int
    """Whether the weights come from memory; else a cache of the processor holds them all."""


@kernel
def first_wanted(stream: Stream, start: int) -> int:
    """What to ask for first when the reading begins at `start`; what lies before was asked for."""
    wanted = start + (AHEAD_IN_MEMORY if stream.in_memory else AHEAD)
    return wanted if wanted < stream.end else stream.following + wanted - stream.end


@kernel
def fetch(stream: Stream, wanted: int, size: int) -> int:
    """Ask for the `size` bytes at `wanted`; gives what to ask for then.

    What is asked for beyond the stream's end does no harm.
    """
    for line in range(size // LINE):
        prefetch(wanted + LINE * line)
    wanted += size
    return wanted if wanted < stream.end else stream.following + wanted - stream.end
