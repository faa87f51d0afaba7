"""Matrices in eight bits: what comes back is close, and lies where the kernels look for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.kernels.layout import block_bytes, head_bytes
from engine.quantize import QuantizationError, QuantizedTensor, dequantize, quantize, unpack

MATRICES = st.tuples(st.integers(1, 40), st.integers(1, 3).map(lambda groups: 32 * groups)).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-1e6, 1e6, width=32))
)


@given(MATRICES)
def test_every_weight_comes_back_within_half_a_step(matrix: np.ndarray) -> None:
    tensor = quantize(matrix)
    _, scales = unpack(tensor)
    peaks = np.abs(matrix.reshape(len(matrix), -1, 32)).max(axis=2)
    # Half a step, and what the largest weights lose when the scale is rounded to half precision:
    # 2 ** -11 of it, or, for scales too small to be normal, 2 ** -25.
    allowed = 0.5 * scales + 127 * np.maximum(peaks / 127 * 2.0**-11, 2.0**-25) + 1e-30
    error = np.abs(dequantize(tensor) - matrix).reshape(len(matrix), -1, 32).max(axis=2)
    tiny = peaks / 127 < 2.0**-25  # such a scale is zero in half precision, and so are its weights
    assert (error[~tiny] <= allowed[~tiny] * (1 + 1e-6)).all()
    assert (dequantize(tensor).reshape(len(matrix), -1, 32)[tiny] == 0).all()


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not dequantize(quantize(np.zeros((5, 64), np.float32))).any()


def test_a_weight_lies_where_the_layout_says() -> None:
    matrix = np.zeros((32, 64), np.float32)
    matrix[17, 32 + 9] = 127.0  # block 1, row 1; group 1, the third run of four columns, its second
    packed = quantize(matrix).packed.reshape(2, block_bytes(2))
    assert head_bytes(2) == 64
    weights = packed[1, 64:].reshape(2, 8, 16, 4)
    assert weights[1, 2, 1, 1] == 128 + 127
    assert (np.delete(packed[:, 64:].reshape(-1), 1024 + 512 + 2 * 64 + 4 + 1) == 128).all()
    scales = packed[1, :64].view(np.float16).reshape(2, 16)
    assert scales[1, 1] == 1.0


def test_rows_are_filled_up_to_whole_blocks_and_left_out_again() -> None:
    matrix = np.ones((3, 32), np.float32)
    tensor = quantize(matrix)
    assert tensor.packed.nbytes == block_bytes(1)
    assert dequantize(tensor).shape == (3, 32)


@pytest.mark.parametrize(
    ("matrix", "complaint"),
    [
        (np.ones((4, 33)), "a multiple of 32 columns"),
        (np.ones((0, 32)), "it needs rows"),
        (np.ones(32), "it needs rows"),
        (np.full((4, 32), np.inf), "infinite or missing"),
        (np.full((4, 32), np.nan), "infinite or missing"),
        (np.full((4, 32), 1e8), "beyond 8 million"),
    ],
)
def test_what_cannot_be_quantized_is_refused(matrix: np.ndarray, complaint: str) -> None:
    with pytest.raises(QuantizationError, match=complaint):
        quantize(matrix.astype(np.float32))


def test_packed_bytes_must_fit_their_shape() -> None:
    with pytest.raises(QuantizationError, match="has 576 bytes"):
        QuantizedTensor(16, 32, np.zeros(100, np.uint8))
