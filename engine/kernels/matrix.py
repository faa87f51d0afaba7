"""A packed matrix, as the kernels are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.kernels import layout
from engine.simd.jit import kernel

if TYPE_CHECKING:
    from engine.kernels.fetching import Stream

head_bytes = kernel(layout.head_bytes)


@kernel
def block_bytes(groups: int, bits: int) -> int:
    """Bytes of a block whose rows have `groups` groups; see `layout.block_bytes`."""
    if bits == 4:
        return groups * layout.GROUP4_BYTES
    return head_bytes(groups) + groups * layout.GROUP_BYTES


class Matrix(NamedTuple):
    """A packed matrix: where it begins and ends, its groups of 32 columns, and what is read next.

    `bits` a weight are 8 or 4.
    """

    address: int
    end: int
    groups: int
    bits: int
    stream: Stream


@kernel
def matrix_at(address: int, rows: int, columns: int, bits: int, stream: Stream) -> Matrix:
    """The matrix of these sizes at `address`."""
    groups = columns // layout.GROUP
    end = address + rows // layout.BLOCK_ROWS * block_bytes(groups, bits)
    return Matrix(address, end, groups, bits, stream)
