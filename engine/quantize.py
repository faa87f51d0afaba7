"""Matrices in eight or four bits a weight.

Each row is cut into groups of 32 weights. In eight bits a group has a scale: ``max|w| / 127``
rounded to half precision, ``q = round(w / scale)`` in -127..127. In four bits it has a step and a
minimum, ``w = step * q + minimum`` with q in 0..15, both in half precision and chosen by
`engine.rounding` so that the squared error is small. These are GGML's Q8_0 and Q4_1, laid out for
our kernels: see `engine.kernels.layout`; `engine.ggml_blocks` moves weights between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine import rounding
from engine.kernels.layout import (
    BLOCK_ROWS,
    GROUP,
    GROUP4_BYTES,
    SCALE_BYTES,
    block_bytes,
    blocks_of,
    head_bytes,
    matrix_bytes,
)
from engine.memory import aligned

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS = (8, 4)
"""How many bits a weight may have."""
_LIMIT = 127
_OFFSET = np.uint8(128)
_FOURS = GROUP // 4
_LARGEST_HALF = float(np.finfo(np.float16).max)


class QuantizationError(ValueError):
    """A matrix cannot be stored in so few bits, or packed bytes do not fit their shape."""


@dataclass(frozen=True, slots=True, eq=False)
class QuantizedTensor:
    """A matrix ``[rows, cols]`` in the kernels' layout; `packed` is one row of bytes."""

    rows: int
    cols: int
    packed: NDArray[np.uint8]
    bits: int = 8

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < GROUP or self.cols % GROUP:
            raise QuantizationError(
                f"a matrix of {self.rows} x {self.cols} cannot be packed: "
                f"the columns must be a multiple of {GROUP}"
            )
        check_bits(self.bits)
        expected = matrix_bytes(self.rows, self.cols, self.bits)
        if self.packed.shape != (expected,) or self.packed.dtype != np.uint8:
            raise QuantizationError(
                f"a matrix of {self.rows} x {self.cols}, packed in {self.bits} bits, has {expected}"
                f" bytes, not {self.packed.dtype} {list(self.packed.shape)}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.cols


class Unpacked(NamedTuple):
    """A matrix of `rows` x `cols` in parts: a weight is ``scale * integer + minimum``."""

    integers: NDArray[np.int8]
    """[rows, cols]: -128 to 127 in eight bits, 0 to 15 in four."""
    scales: NDArray[np.float16]
    """[rows, cols / 32]."""
    minimums: NDArray[np.float16] | None
    """[rows, cols / 32]; None in eight bits, where they are zero."""


def check_bits(bits: int) -> None:
    """Raise QuantizationError for any number of bits but 8 and 4."""
    if bits not in BITS:
        raise QuantizationError(f"weights have 8 or 4 bits here, not {bits}")


def quantize(matrix: NDArray[np.float32], bits: int = 8) -> QuantizedTensor:
    """Round and pack a float32 ``[rows, cols]`` matrix; raises QuantizationError.

    The columns must be a multiple of 32. Rows that do not fill a block of 16 are followed by zeros.
    """
    check_bits(bits)
    if matrix.ndim != 2 or matrix.shape[1] % GROUP or 0 in matrix.shape:
        raise QuantizationError(
            f"a matrix of {' x '.join(map(str, matrix.shape))} cannot be quantized: "
            f"it needs rows and a multiple of {GROUP} columns"
        )
    if not np.isfinite(matrix).all():
        raise QuantizationError("a matrix with infinite or missing numbers cannot be quantized")
    groups = matrix.reshape(-1, GROUP)
    integers, scales, minimums = _eight_bits(groups) if bits == 8 else _four_bits(groups)
    if minimums is not None:
        minimums = minimums.reshape(len(matrix), -1)
    return pack(Unpacked(integers.reshape(matrix.shape), scales.reshape(len(matrix), -1), minimums))


def _eight_bits(groups: NDArray[np.float32]) -> Unpacked:
    """Groups ``[n, 32]`` rounded; one without weights, or with tiny ones, gets the scale one."""
    exact = np.abs(groups).max(axis=1) / np.float32(_LIMIT)
    if exact.max() > _LARGEST_HALF:
        raise QuantizationError("a matrix with weights beyond 8 million cannot be quantized")
    scales = exact.astype(np.float16)
    scales[scales == 0] = 1
    steps = np.rint(groups / scales.astype(np.float32)[:, None])
    return Unpacked(np.clip(steps, -_LIMIT, _LIMIT).astype(np.int8), scales, None)


def _four_bits(groups: NDArray[np.float32]) -> Unpacked:
    """Groups ``[n, 32]`` rounded."""
    if np.abs(groups).max() > _LARGEST_HALF:
        raise QuantizationError(
            "a matrix with weights beyond 65,504 cannot be quantized in four bits"
        )
    return Unpacked(*rounding.four_bits(groups))


def pack(parts: Unpacked) -> QuantizedTensor:
    """Put integers, scales and minimums where the kernels look for them."""
    rows, cols = parts.integers.shape
    filled = np.zeros((blocks_of(rows) * BLOCK_ROWS, cols), np.int8)
    filled[:rows] = parts.integers
    groups = cols // GROUP
    fours = filled.reshape(-1, BLOCK_ROWS, groups, _FOURS, 4).transpose(0, 2, 3, 1, 4)
    if parts.minimums is None:
        packed = _pack_eight(fours, _by_blocks(parts.scales, 1))
        return QuantizedTensor(rows, cols, packed.reshape(-1), bits=8)
    packed = _pack_four(fours, _by_blocks(parts.scales, 0), _by_blocks(parts.minimums, 0))
    return QuantizedTensor(rows, cols, packed.reshape(-1), bits=4)


def _pack_eight(fours: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.uint8]:
    """Blocks of bytes; `fours` is [blocks, groups, 8, 16, 4], `scales` [blocks, groups, 16]."""
    blocks, groups = fours.shape[:2]
    packed = aligned((blocks, block_bytes(groups)), np.uint8)
    packed[:, : groups * SCALE_BYTES] = scales.reshape(blocks, -1).view(np.uint8)
    packed[:, head_bytes(groups) :] = fours.reshape(blocks, -1).view(np.uint8) ^ _OFFSET
    return packed


def _pack_four(
    fours: NDArray[np.int8], scales: NDArray[np.float16], minimums: NDArray[np.float16]
) -> NDArray[np.uint8]:
    """Blocks of bytes, as `_pack_eight`."""
    blocks, groups = fours.shape[:2]
    packed = aligned((blocks, groups, GROUP4_BYTES), np.uint8)
    packed[:, :, :SCALE_BYTES] = scales.view(np.uint8)
    packed[:, :, SCALE_BYTES : 2 * SCALE_BYTES] = minimums.view(np.uint8)
    pairs = fours.reshape(blocks, groups, _FOURS // 2, 2, -1).view(np.uint8)
    packed[:, :, 2 * SCALE_BYTES :] = (pairs[:, :, :, 0] | pairs[:, :, :, 1] << 4).reshape(
        blocks, groups, -1
    )
    return packed


def _by_blocks(halves: NDArray[np.float16], fill: float) -> NDArray[np.float16]:
    """``[rows, groups]`` as ``[blocks, groups, 16]``; missing rows are `fill`."""
    rows, groups = halves.shape
    filled = np.full((blocks_of(rows) * BLOCK_ROWS, groups), fill, np.float16)
    filled[:rows] = halves
    return np.ascontiguousarray(filled.reshape(-1, BLOCK_ROWS, groups).transpose(0, 2, 1))


def unpack(tensor: QuantizedTensor) -> Unpacked:
    """The inverse of `pack`."""
    groups = tensor.cols // GROUP
    blocks = tensor.packed.reshape(blocks_of(tensor.rows), -1)
    if tensor.bits == 8:
        scales = blocks[:, : groups * SCALE_BYTES].reshape(len(blocks), groups, SCALE_BYTES)
        weights = blocks[:, head_bytes(groups) :] ^ _OFFSET
        return Unpacked(_by_rows(weights, tensor), _halves_by_rows(scales, tensor), None)
    grouped = blocks.reshape(len(blocks), groups, GROUP4_BYTES)
    pairs = grouped[:, :, 2 * SCALE_BYTES :].reshape(len(blocks), groups, _FOURS // 2, 1, -1)
    runs = np.concatenate([pairs & np.uint8(15), pairs >> np.uint8(4)], axis=3, dtype=np.uint8)
    return Unpacked(
        _by_rows(runs, tensor),
        _halves_by_rows(grouped[:, :, :SCALE_BYTES], tensor),
        _halves_by_rows(grouped[:, :, SCALE_BYTES : 2 * SCALE_BYTES], tensor),
    )


def _by_rows(runs: NDArray[np.uint8], tensor: QuantizedTensor) -> NDArray[np.int8]:
    """The integers ``[rows, cols]`` out of the runs of 64 bytes."""
    fours = runs.reshape(-1, tensor.cols // GROUP, _FOURS, BLOCK_ROWS, 4)
    rows = fours.transpose(0, 3, 1, 2, 4).reshape(-1, tensor.cols)
    return rows[: tensor.rows].view(np.int8)


def _halves_by_rows(halves: NDArray[np.uint8], tensor: QuantizedTensor) -> NDArray[np.float16]:
    """Scales or minimums, as bytes ``[blocks, groups, 32]``, by rows: ``[rows, groups]``."""
    by_blocks = np.ascontiguousarray(halves).view(np.float16)
    rows = by_blocks.transpose(0, 2, 1).reshape(-1, tensor.cols // GROUP)
    return rows[: tensor.rows]


def dequantize(tensor: QuantizedTensor) -> NDArray[np.float32]:
    """The matrix ``[rows, cols]`` that the packed one stands for."""
    parts = unpack(tensor)
    grouped = parts.integers.reshape(tensor.rows, -1, GROUP).astype(np.float32)
    matrix: NDArray[Any] = grouped * parts.scales.astype(np.float32)[:, :, None]
    if parts.minimums is not None:
        matrix += parts.minimums.astype(np.float32)[:, :, None]
    return matrix.reshape(tensor.rows, tensor.cols)
