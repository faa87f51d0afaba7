"""Memory at addresses that vectors and cache lines like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A C-ordered array of zeros that begins at a cache line; untouched pages take no memory."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    space = np.zeros(size + ALIGNMENT, np.uint8)
    start = -address(space) % ALIGNMENT
    return space[start : start + size].view(kind).reshape(shape)


def address(array: NDArray[Any]) -> int:
    """Where an array's data begins; the caller keeps the array alive."""
    return int(array.ctypes.data)
