"""GGML's ways to keep numbers: how many bytes they take, and how they are read and written.

Quantised types keep groups of 32 numbers of a row (https://github.com/ggml-org/ggml,
``ggml-common.h``); half-precision scales come first:

* Q8_0: ``d``, then 32 signed bytes; ``w = d * q``
* Q4_0: ``d``, then 16 bytes; ``w = d * (q - 8)``
* Q4_1: ``d``, ``m``, then 16 bytes; ``w = d * q + m``

In the 4-bit types, byte ``j`` keeps number ``j`` in its low and number ``j + 16`` in its high half.

Q6_K is read only, since llama.cpp keeps the classifier of its 4-bit files in it: groups of 256 with
a scale ``d``, and a signed byte ``s`` for each 16; ``w = d * s * (q - 32)``.
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
BF16 = GgmlType("BF16", 30, 1, 2)
Q4_0 = GgmlType("Q4_0", 2, GROUP, 18)
Q4_1 = GgmlType("Q4_1", 3, GROUP, 20)
Q8_0 = GgmlType("Q8_0", 8, GROUP, 34)
Q6_K = GgmlType("Q6_K", 14, 256, 210)

READABLE = {kind.code: kind for kind in (F32, F16, BF16, Q4_0, Q4_1, Q8_0, Q6_K)}
"""The types that `decode` knows, by their codes."""
OTHERS = {
    6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 15: "Q8_K",
    16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M",
    34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip
"""The names of the other types, for the message that refuses them."""

_Q8_0 = np.dtype([("d", "<f2"), ("q", "i1", GROUP)])
_Q4_0 = np.dtype([("d", "<f2"), ("q", "u1", GROUP // 2)])
_Q4_1 = np.dtype([("d", "<f2"), ("m", "<f2"), ("q", "u1", GROUP // 2)])
_Q6_K = np.dtype([("low", "u1", 128), ("high", "u1", 64), ("s", "i1", 16), ("d", "<f2")])


def decode(rows: Bytes, kind: GgmlType) -> Floats:
    """Bytes ``[rows, row_bytes]`` as float32 ``[rows, columns]``."""
    if kind is F32:
        return rows.view("<f4").astype(np.float32, copy=False)
    if kind is F16:
        return rows.view("<f2").astype(np.float32)
    if kind is BF16:
        wide: NDArray[np.uint32] = rows.view("<u2").astype(np.uint32) << np.uint32(16)
        return wide.view(np.float32)
    read = {Q8_0: _from_q8_0, Q4_0: _from_q4_0, Q4_1: _from_q4_1, Q6_K: _from_q6_k}[kind]
    return read(rows).reshape(len(rows), -1)


def _from_q8_0(rows: Bytes) -> Floats:
    blocks = rows.view(_Q8_0)
    numbers: Floats = blocks["q"] * blocks["d"].astype(np.float32)[..., None]
    return numbers


def _from_q4_0(rows: Bytes) -> Floats:
    blocks = rows.view(_Q4_0)
    numbers = _halves_apart(blocks["q"]).astype(np.int8) - np.int8(8)
    return numbers * blocks["d"].astype(np.float32)[..., None]


def _from_q4_1(rows: Bytes) -> Floats:
    blocks = rows.view(_Q4_1)
    scales, minima = (blocks[name].astype(np.float32)[..., None] for name in "dm")
    numbers: Floats = _halves_apart(blocks["q"]) * scales + minima
    return numbers


def _from_q6_k(rows: Bytes) -> Floats:
    """Two halves of 128: four bits from `low`, two from `high`, 32 numbers at a time."""
    blocks = rows.view(_Q6_K).reshape(-1)
    fours = blocks["low"].reshape(-1, 2, 1, 64) >> np.array([[0], [4]], np.uint8) & np.uint8(15)
    twos = blocks["high"].reshape(-1, 2, 1, 32) >> np.array([[0], [2], [4], [6]], np.uint8)
    numbers = fours.reshape(-1, 2, 4, 32) | np.left_shift(twos & np.uint8(3), np.uint8(4))
    signed = numbers.reshape(-1, 16, 16).astype(np.int8) - np.int8(32)
    scales = blocks["d"].astype(np.float32)[:, None] * blocks["s"]
    floats: Floats = signed * scales[..., None]
    return floats


def _halves_apart(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([pairs & np.uint8(15), pairs >> np.uint8(4)], axis=-1)


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
