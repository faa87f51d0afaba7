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


@kernel
def scales_of(block: int, group: int, bits: int) -> int:
    """Where a group's scales lie in a block; with four bits its steps, then its minimums."""
    return block + group * (layout.GROUP4_BYTES if bits == 4 else layout.SCALE_BYTES)


@kernel
def weights_of(block: int, groups: int, group: int, bits: int) -> int:
    """Where a group's weights lie in a block."""
    if bits == 4:
        return block + layout.GROUP4_BYTES * group + 2 * layout.SCALE_BYTES
    return block + head_bytes(groups) + layout.GROUP_BYTES * group


class Matrix(NamedTuple):
    """A packed matrix: where it lies, its blocks, and their groups of 32 columns.

    `bits` a weight are 8 or 4; `unit` is how many blocks stay together when threads share it.
    """

    address: int
    blocks: int
    groups: int
    bits: int
    unit: int


@kernel
def matrix_at(address: int, rows: int, columns: int, bits: int, unit: int) -> Matrix:
    """The matrix of these sizes at `address`."""
    return Matrix(address, rows // layout.BLOCK_ROWS, columns // layout.GROUP, bits, unit)


class Stretch(NamedTuple):
    """Blocks of a matrix, one after the other, and how they are asked for."""

    address: int
    end: int
    groups: int
    bits: int
    stream: Stream


@kernel
def stretch_of(matrix: Matrix, first: int, last: int, stream: Stream) -> Stretch:
    """The blocks from `first` to before `last`."""
    begin, end = block_of(matrix, first), block_of(matrix, last)
    return Stretch(begin, end, matrix.groups, matrix.bits, stream)


@kernel
def block_of(matrix: Matrix, block: int) -> int:
    """Where a block lies; the one after the last is where the matrix ends."""
    return matrix.address + block * block_bytes(matrix.groups, matrix.bits)
