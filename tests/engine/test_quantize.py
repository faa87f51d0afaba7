"""Matrices in few bits: what comes back is close, and lies where the kernels look for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.kernels.layout import block_bytes, head_bytes
from engine.quantize import (
    QuantizationError,
    QuantizedTensor,
    Unpacked,
    dequantize,
    pack,
    quantize,
    unpack,
)

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 3).map(lambda groups: 32 * groups))
MATRICES = SHAPES.flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-1e6, 1e6, width=32))
)
SMALLER_MATRICES = SHAPES.flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(-6e4, 6e4, width=32))
)
HALVES = st.floats(-6e4, 6e4, width=16)


@st.composite
def parts(draw: st.DrawFn) -> Unpacked:
    """Any integers, scales and minimums that a packed matrix can hold."""
    rows, cols = draw(SHAPES)
    few = (rows, cols // 32)
    scales = draw(arrays.arrays(np.float16, few, elements=HALVES))
    if draw(st.booleans()):
        return Unpacked(draw(arrays.arrays(np.int8, (rows, cols))), scales, None)
    integers = draw(arrays.arrays(np.int8, (rows, cols), elements=st.integers(0, 15)))
    return Unpacked(integers, scales, draw(arrays.arrays(np.float16, few, elements=HALVES)))


@given(MATRICES)
def test_every_weight_comes_back_within_half_a_step(matrix: np.ndarray) -> None:
    tensor = quantize(matrix)
    scales = unpack(tensor).scales.astype(np.float32)
    peaks = np.abs(matrix.reshape(len(matrix), -1, 32)).max(axis=2)
    # Half a step, and what the largest weights lose when the scale is rounded to half precision:
    # 2 ** -11 of it, or, for scales too small to be normal, 2 ** -25.
    allowed = 0.5 * scales + 127 * np.maximum(peaks / 127 * 2.0**-11, 2.0**-25) + 1e-30
    error = np.abs(dequantize(tensor) - matrix).reshape(len(matrix), -1, 32).max(axis=2)
    tiny = peaks / 127 < 2.0**-25  # such a scale is zero in half precision, and so are its weights
    assert (error[~tiny] <= allowed[~tiny] * (1 + 1e-6)).all()
    assert (dequantize(tensor).reshape(len(matrix), -1, 32)[tiny] == 0).all()


@given(SMALLER_MATRICES)
def test_in_four_bits_no_group_is_further_off_than_by_even_steps_from_end_to_end(
    matrix: np.ndarray,
) -> None:
    groups = matrix.astype(np.float64).reshape(-1, 32)
    low, high = groups.min(axis=1), groups.max(axis=1)
    errors = (dequantize(quantize(matrix, bits=4)).reshape(-1, 32) - groups) ** 2
    # Half a step, and what half precision takes from the minimum and from fifteen steps: 2 ** -11
    # of each, or for numbers too small to be normal 2 ** -25.
    lost = np.maximum(np.abs(low) * 2.0**-11, 2.0**-25)
    lost += np.maximum((high - low) * 2.0**-11, 15 * 2.0**-25)
    allowed = (high - low) / 30 + lost
    harm = np.abs(groups) + np.sqrt((groups**2).mean(axis=1, keepdims=True))
    assert ((harm * errors).sum(axis=1) <= harm.sum(axis=1) * allowed**2 * (1 + 1e-3)).all()


@given(parts())
def test_any_parts_can_be_packed_and_taken_out_again(made: Unpacked) -> None:
    tensor = pack(made)
    found = unpack(tensor)
    assert tensor.bits == (8 if made.minimums is None else 4)
    for before, after in zip(made, found, strict=True):
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert before.tobytes() == after.tobytes()
    grouped = made.integers.reshape(*made.scales.shape, 32) * made.scales[:, :, None].astype("f4")
    if made.minimums is not None:
        grouped += made.minimums[:, :, None].astype("f4")
    assert np.array_equal(dequantize(tensor), grouped.reshape(made.integers.shape))


@pytest.mark.parametrize("bits", [8, 4])
def test_a_matrix_of_zeros_stays_one(bits: int) -> None:
    assert not dequantize(quantize(np.zeros((5, 64), np.float32), bits)).any()


@pytest.mark.parametrize(("bits", "change"), [(8, 0.0), (4, 1e-3)])
def test_rounding_twice_changes_next_to_nothing(bits: int, change: float) -> None:
    matrix = np.random.default_rng(1).standard_normal((40, 96)).astype(np.float32)
    once = quantize(matrix, bits)
    twice = dequantize(quantize(dequantize(once), bits))
    steps = unpack(once).scales.astype(np.float32).repeat(32, axis=1)
    assert (np.abs(twice - dequantize(once)) <= change * steps).all()


def test_the_search_beats_even_steps_by_a_fifth() -> None:
    matrix = np.random.default_rng(2).standard_normal((64, 320)).astype(np.float32)
    groups = matrix.reshape(-1, 32)
    low, high = groups.min(axis=1, keepdims=True), groups.max(axis=1, keepdims=True)
    steps = (high - low) / 15
    even = np.rint((groups - low) / steps) * steps + low
    found = dequantize(quantize(matrix, bits=4))
    assert np.square(found - matrix).sum() < 0.82 * np.square(even - groups).sum()


def test_equal_weights_are_kept_as_their_minimum() -> None:
    tensor = quantize(np.full((16, 32), 0.375, np.float32), bits=4)
    assert (dequantize(tensor) == 0.375).all()


def test_a_four_bit_weight_lies_where_the_layout_says() -> None:
    made = Unpacked(
        np.zeros((32, 64), np.int8),
        np.zeros((32, 2), np.float16),
        np.zeros((32, 2), np.float16),
    )
    made.integers[17, 32 + 9] = 11  # block 1, row 1; group 1, run 2: the second line's low halves
    made.integers[17, 32 + 13] = 5  # run 3: the second line's high halves
    made.scales[17, 1], made.minimums[17, 1] = 2, -1  # type: ignore[index]
    packed = pack(made).packed.reshape(2, 2, 320)
    halves = packed[1, 1, :64].view(np.float16)
    assert halves[1] == 2
    assert halves[16 + 1] == -1
    assert packed[1, 1, 64 + 64 + 4 + 1] == 11 | 5 << 4
    assert np.count_nonzero(packed) == 3


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


@pytest.mark.parametrize("bits", [8, 4])
def test_rows_are_filled_up_to_whole_blocks_and_left_out_again(bits: int) -> None:
    matrix = np.ones((3, 32), np.float32)
    tensor = quantize(matrix, bits)
    assert tensor.packed.nbytes == block_bytes(1, bits)
    assert dequantize(tensor).shape == (3, 32)
    full = QuantizedTensor(16, 32, tensor.packed, bits)
    assert not dequantize(full)[3:].any()


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


def test_what_four_bits_cannot_hold_is_refused() -> None:
    with pytest.raises(QuantizationError, match="beyond 65,504"):
        quantize(np.full((4, 32), -7e4, np.float32), bits=4)
    with pytest.raises(QuantizationError, match="8 or 4 bits here, not 5"):
        quantize(np.ones((4, 32), np.float32), bits=5)


@pytest.mark.parametrize(("bits", "size"), [(8, 576), (4, 320)])
def test_packed_bytes_must_fit_their_shape(bits: int, size: int) -> None:
    with pytest.raises(QuantizationError, match=f"has {size} bytes"):
        QuantizedTensor(16, 32, np.zeros(100, np.uint8), bits)
