"""Matrices in eight bits.

Each row is cut into groups of 32 weights that share a scale: ``scale = max|w| / 127`` rounded to
half precision, ``q = round(w / scale)`` in -127..127. It is GGML's Q8_0, laid out for our kernels:
see `engine.kernels.layout`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.kernels.layout import (
    BLOCK_ROWS,
    GROUP,
    SCALE_BYTES,
    block_bytes,
    blocks_of,
    head_bytes,
    matrix_bytes,
)
from engine.memory import aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIMIT = 127
_OFFSET = 128
_FOURS = GROUP // 4


class QuantizationError(ValueError):
    """A matrix cannot be stored in eight bits, or packed bytes do not fit their shape."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedTensor:
    """A matrix ``[rows, cols]`` in the kernels' layout; `packed` is one row of bytes."""

    rows: int
    cols: int
    packed: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < GROUP or self.cols % GROUP:
            raise QuantizationError(
                f"a matrix of {self.rows} x {self.cols} cannot be packed: "
                f"the columns must be a multiple of {GROUP}"
            )
        expected = matrix_bytes(self.rows, self.cols)
        if self.packed.shape != (expected,) or self.packed.dtype != np.uint8:
            raise QuantizationError(
                f"a packed matrix of {self.rows} x {self.cols} has {expected} bytes, "
                f"not {self.packed.dtype} {list(self.packed.shape)}"
            )


def packed_bytes(rows: int, cols: int) -> int:
    """How many bytes a packed matrix takes."""
    return matrix_bytes(rows, cols)


def quantize(matrix: NDArray[np.float32]) -> QuantizedTensor:
    """Pack a float32 ``[rows, cols]`` matrix; raises QuantizationError.

    The columns must be a multiple of 32. Rows that do not fill a block of 16 are followed by zeros.
    """
    if matrix.ndim != 2 or matrix.shape[1] % GROUP or 0 in matrix.shape:
        raise QuantizationError(
            f"a matrix of {' x '.join(map(str, matrix.shape))} cannot be quantized: "
            f"it needs rows and a multiple of {GROUP} columns"
        )
    if not np.isfinite(matrix).all():
        raise QuantizationError("a matrix with infinite or missing numbers cannot be quantized")
    rows, cols = matrix.shape
    blocks, groups = blocks_of(rows), cols // GROUP
    filled = np.zeros((blocks * BLOCK_ROWS, cols), np.float32)
    filled[:rows] = matrix
    grouped = filled.reshape(-1, groups, GROUP)
    scales = _scales(np.abs(grouped).max(axis=2) / np.float32(_LIMIT))
    steps = np.rint(grouped / scales.astype(np.float32)[:, :, None])
    weights = (np.clip(steps, -_LIMIT, _LIMIT) + _OFFSET).astype(np.uint8)
    return QuantizedTensor(rows, cols, _pack(weights, scales))


def _scales(exact: NDArray[np.float32]) -> NDArray[np.float16]:
    """The scales in half precision; a group without weights, or with tiny ones, gets one."""
    if exact.max() > np.finfo(np.float16).max:
        raise QuantizationError("a matrix with weights beyond 8 million cannot be quantized")
    scales = exact.astype(np.float16)
    scales[scales == 0] = 1
    return scales


def _pack(weights: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.uint8]:
    """Interleave weights ``[rows, groups, 32]`` and scales ``[rows, groups]`` into blocks."""
    rows, groups = scales.shape
    blocks = rows // BLOCK_ROWS
    packed = aligned((blocks, block_bytes(groups)), np.uint8)
    in_blocks = scales.reshape(blocks, BLOCK_ROWS, groups).transpose(0, 2, 1)
    packed[:, : groups * SCALE_BYTES] = (
        np.ascontiguousarray(in_blocks).reshape(blocks, -1).view(np.uint8)
    )
    fours = weights.reshape(blocks, BLOCK_ROWS, groups, _FOURS, 4).transpose(0, 2, 3, 1, 4)
    packed[:, head_bytes(groups) :] = fours.reshape(blocks, -1)
    return packed.reshape(-1)


def unpack(tensor: QuantizedTensor) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The integers ``[rows, cols]`` and their scales ``[rows, cols / 32]``."""
    groups = tensor.cols // GROUP
    blocks = blocks_of(tensor.rows)
    bytes_ = tensor.packed.reshape(blocks, block_bytes(groups))
    halves = np.ascontiguousarray(bytes_[:, : groups * SCALE_BYTES]).view(np.float16)
    scales = halves.reshape(blocks, groups, BLOCK_ROWS).transpose(0, 2, 1).reshape(-1, groups)
    fours = bytes_[:, head_bytes(groups) :].reshape(blocks, groups, _FOURS, BLOCK_ROWS, 4)
    weights = fours.transpose(0, 3, 1, 2, 4).reshape(-1, tensor.cols)
    integers = (weights.astype(np.int16) - _OFFSET).astype(np.int8)
    return integers[: tensor.rows], scales[: tensor.rows].astype(np.float32)


def dequantize(tensor: QuantizedTensor) -> NDArray[np.float32]:
    """The matrix ``[rows, cols]`` that the packed one stands for."""
    integers, scales = unpack(tensor)
    grouped = integers.reshape(tensor.rows, -1, GROUP).astype(np.float32)
    matrix: NDArray[Any] = grouped * scales[:, :, None]
    return matrix.reshape(tensor.rows, tensor.cols)
