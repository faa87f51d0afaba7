"""From GGML's blocks of 32 weights, as GGUF files hold them, to our packed matrices.

Nothing is rounded: a weight keeps its integer, its scale and its minimum, only their places change.
A matrix of GGML's is its rows in turn, a row its groups of 32 columns in turn
(https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h):

* Q8_0, 34 bytes: the scale in half precision, 32 signed bytes.
* Q4_1, 20 bytes: step and minimum in half precision, 16 bytes; byte i has column i in its low half
  and column i + 16 in its high half.
* Q4_0, 18 bytes: the step in half precision, 16 bytes as above; a weight is ``step * (q - 8)``,
  which is Q4_1 with the minimum ``-8 * step``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.kernels.layout import GROUP
from engine.quantize import QuantizationError, Unpacked, pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.quantize import QuantizedTensor

    Data = bytes | memoryview | NDArray[np.uint8]

_HALF = GROUP // 2
_Q8_0 = np.dtype([("scale", "<f2"), ("integers", np.int8, GROUP)])
_Q4_1 = np.dtype([("step", "<f2"), ("minimum", "<f2"), ("pairs", np.uint8, _HALF)])
_Q4_0 = np.dtype([("step", "<f2"), ("pairs", np.uint8, _HALF)])


def from_q8_0(rows: int, cols: int, data: Data) -> QuantizedTensor:
    """Pack a Q8_0 matrix; raises QuantizationError for a wrong size and for broken scales."""
    blocks = _blocks(rows, cols, data, _Q8_0)
    integers = np.ascontiguousarray(blocks["integers"]).reshape(rows, cols)
    return pack(Unpacked(integers, _finite(blocks["scale"]), None))


def from_q4_1(rows: int, cols: int, data: Data) -> QuantizedTensor:
    """Pack a Q4_1 matrix; raises QuantizationError as `from_q8_0`."""
    blocks = _blocks(rows, cols, data, _Q4_1)
    steps, minimums = _finite(blocks["step"]), _finite(blocks["minimum"])
    return pack(Unpacked(_from_pairs(blocks["pairs"]), steps, minimums))


def from_q4_0(rows: int, cols: int, data: Data) -> QuantizedTensor:
    """Pack a Q4_0 matrix; raises QuantizationError as `from_q8_0`."""
    blocks = _blocks(rows, cols, data, _Q4_0)
    steps = _finite(blocks["step"])
    with np.errstate(over="ignore"):
        minimums = _finite(np.float16(-8) * steps)
    return pack(Unpacked(_from_pairs(blocks["pairs"]), steps, minimums))


def _blocks(rows: int, cols: int, data: Data, kind: np.dtype[np.void]) -> NDArray[np.void]:
    """The blocks ``[rows, cols / 32]``."""
    size = len(data) if isinstance(data, bytes) else data.nbytes
    if rows < 1 or cols < GROUP or cols % GROUP or size != rows * (cols // GROUP) * kind.itemsize:
        raise QuantizationError(
            f"{size} bytes are no matrix of {rows} x {cols} in blocks of {kind.itemsize} bytes"
        )
    return np.frombuffer(data, kind).reshape(rows, -1)


def _from_pairs(pairs: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The integers ``[rows, cols]`` of bytes ``[rows, groups, 16]``."""
    both = np.concatenate([pairs & 15, pairs >> 4], axis=2)
    return both.reshape(len(both), -1).view(np.int8)


def _finite(halves: NDArray[np.float16]) -> NDArray[np.float16]:
    if not np.isfinite(halves).all():
        raise QuantizationError("its scales are infinite or missing numbers")
    return halves.astype(np.float16)
