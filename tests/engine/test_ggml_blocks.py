"""GGML's blocks, packed for our kernels: the same weights to the last bit."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
from gguf import quants
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.ggml_blocks import from_q4_0, from_q4_1, from_q8_0
from engine.quantize import QuantizationError, dequantize

Type = gguf.GGMLQuantizationType
KINDS = [
    (Type.Q8_0, from_q8_0, 34, [0]),
    (Type.Q4_1, from_q4_1, 20, [0, 1]),
    (Type.Q4_0, from_q4_0, 18, [0]),
]


@pytest.mark.parametrize(("kind", "read", "size", "halves"), KINDS)
@given(data=st.data())
def test_any_blocks_mean_what_they_mean_to_ggml(
    kind: Type, read: object, size: int, halves: list[int], data: st.DataObject
) -> None:
    rows, groups = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 3))
    blocks = data.draw(arrays.arrays(np.uint8, (rows, groups, size)))
    scales = blocks.view(np.float16)
    for place in halves:
        scales[:, :, place] = data.draw(
            arrays.arrays(np.float16, (rows, groups), elements=st.floats(-8e3, 8e3, width=16))
        )
    expected = quants.dequantize(blocks.reshape(rows, -1), kind)
    for given_as in (blocks, blocks.tobytes(), memoryview(blocks.tobytes())):
        found = dequantize(read(rows, 32 * groups, given_as))  # type: ignore[operator]
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(("kind", "read", "size", "halves"), KINDS)
def test_broken_blocks_are_refused(kind: Type, read: object, size: int, halves: list[int]) -> None:
    blocks = np.zeros((16, 2, size), np.uint8)
    for rows, cols in ((16, 32), (17, 64), (0, 64), (16, 0), (16, 33), (-16, -64)):
        with pytest.raises(QuantizationError, match="are no matrix"):
            read(rows, cols, blocks)  # type: ignore[operator]
    for place in halves:
        for broken in (np.inf, np.nan):
            blocks.view(np.float16)[3, 1, place] = broken
            with pytest.raises(QuantizationError, match="infinite or missing"):
                read(16, 64, blocks)  # type: ignore[operator]
            blocks.view(np.float16)[3, 1, place] = 0


def test_a_minimum_that_half_precision_cannot_hold_is_refused() -> None:
    blocks = np.zeros((1, 18), np.uint8)
    blocks.view(np.float16)[0, 0] = 9e3
    with pytest.raises(QuantizationError, match="infinite"):
        from_q4_0(1, 32, blocks)
