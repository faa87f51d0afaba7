"""GGML's ways to keep numbers: how many bytes they take, and how they are read and written.

Quantised types keep groups of 32 numbers of a row (https://github.com/ggml-org/ggml,
``ggml-common.h``); half-precision scales come first:

* Q8_0: ``d``, then 32 signed bytes; ``w = d * q``
* Q4_0: ``d``, then 16 bytes; ``w = d * (q - 8)``
* Q4_1: ``d``, ``m``, then 16 bytes; ``w = d * q + m``

In the 4-bit types, byte ``j`` keeps number ``j`` in its low and number ``j + 16`` in its high half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

GROUP = 32


@dataclass(frozen=True, slots=True)
class GgmlType:
    """One way to keep numbers: its name, its code in a GGUF file, and what a group takes."""

    name: str
    code: int
    group: int
    group_bytes: int

    def row_bytes(self, columns: int) -> int:
        """The bytes of a row; ValueError if a row does not fill its groups."""
        if columns % self.group:
            raise ValueError(f"{columns} columns are no multiple of {self.group}")
        return columns // self.group * self.group_bytes


F32 = GgmlType("F32", 0, 1, 4)
F16 = GgmlType("F16", 1, 1, 2)
Q4_0 = GgmlType("Q4_0", 2, GROUP, 18)
Q4_1 = GgmlType("Q4_1", 3, GROUP, 20)
Q8_0 = GgmlType("Q8_0", 8, GROUP, 34)

_Q8_0 = np.dtype([("d", "<f2"), ("q", "i1", GROUP)])
_Q4_0 = np.dtype([("d", "<f2"), ("q", "u1", GROUP // 2)])
_Q4_1 = np.dtype([("d", "<f2"), ("m", "<f2"), ("q", "u1", GROUP // 2)])


def encode(matrix: Floats, kind: GgmlType) -> Bytes:
    """A float32 ``[rows, columns]`` matrix as bytes ``[rows, row_bytes]``.

    Rounds as GGML's own ``quantize_row_*_ref`` do.
    """
    if kind is F32:
        return matrix.astype("<f4").view(np.uint8)
    if kind is F16:
        return matrix.astype("<f2").view(np.uint8)
    groups = matrix.reshape(len(matrix), -1, GROUP)
    return {Q8_0: _as_q8_0, Q4_0: _as_q4_0, Q4_1: _as_q4_1}[kind](groups)


def q8_0_bytes(integers: NDArray[np.int8], scales: NDArray[np.float16]) -> Bytes:
    """Q8_0 of integers ``[rows, columns]`` and scales ``[rows, groups]``, bit for bit."""
    blocks = np.empty(scales.shape, _Q8_0)
    blocks["d"] = scales
    blocks["q"] = integers.reshape(*scales.shape, GROUP)
    return _rows(blocks)


def q4_1_bytes(
    nibbles: NDArray[np.uint8], scales: NDArray[np.float16], minima: NDArray[np.float16]
) -> Bytes:
    """Q4_1 of nibbles ``[rows, columns]`` and two ``[rows, groups]``, bit for bit."""
    blocks = np.empty(scales.shape, _Q4_1)
    blocks["d"], blocks["m"] = scales, minima
    blocks["q"] = _halves_joined(nibbles.reshape(*scales.shape, GROUP))
    return _rows(blocks)


def _rows(blocks: NDArray[Any]) -> Bytes:
    return blocks.view(np.uint8).reshape(len(blocks), -1)


def _halves_joined(nibbles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    low, high = nibbles[..., : GROUP // 2], nibbles[..., GROUP // 2 :]
    return low | np.left_shift(high, np.uint8(4))


def _inverse(scales: Floats) -> Floats:
    """``1 / scales``, and 0 where a scale is 0."""
    return np.divide(1, scales, out=np.zeros_like(scales), where=scales != 0)


def _as_q8_0(groups: Floats) -> Bytes:
    scales = np.abs(groups).max(axis=2) / np.float32(127)
    steps = groups * _inverse(scales)[..., None]
    away_from_zero = np.trunc(steps + np.copysign(np.float32(0.5), steps))
    return q8_0_bytes(away_from_zero.astype(np.int8), scales.astype(np.float16))


def _as_q4_0(groups: Floats) -> Bytes:
    """The number of greatest magnitude becomes -8, so the scale may be negative."""
    places = np.abs(groups).argmax(axis=2)
    extremes = np.take_along_axis(groups, places[..., None], axis=2)[..., 0]
    scales = extremes / np.float32(-8)
    steps = groups * _inverse(scales)[..., None] + np.float32(8.5)
    blocks = np.empty(scales.shape, _Q4_0)
    blocks["d"] = scales
    blocks["q"] = _halves_joined(np.minimum(steps, 15).astype(np.uint8))
    return _rows(blocks)


def _as_q4_1(groups: Floats) -> Bytes:
    minima = groups.min(axis=2)
    scales = (groups.max(axis=2) - minima) / np.float32(15)
    steps = (groups - minima[..., None]) * _inverse(scales)[..., None] + np.float32(0.5)
    nibbles = np.minimum(steps, 15).astype(np.uint8)
    shape = (len(groups), -1)
    halves = scales.astype(np.float16), minima.astype(np.float16)
    return q4_1_bytes(nibbles.reshape(shape), *halves)
