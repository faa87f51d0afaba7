"""From floating-point rows to the int8 rows that matrices are multiplied with.

A row is cut into groups of 32. A group becomes ``round(x * 127 / max|x|)``, its scale is
``max|x| / 127``, and its offset is -128 times the sum of the integers: weights are stored with 128
added to them, and starting a dot product at the offset takes that off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.kernels import layout
from engine.simd.jit import kernel
from engine.simd.vectors import (
    absolute,
    add,
    broadcast,
    divide,
    exponential,
    lane_maximum,
    lane_sum,
    larger,
    load,
    multiply,
    multiply_add,
    rounded,
    store_integer32,
    store_rounded_bytes,
    store_single,
    subtract,
)

if TYPE_CHECKING:
    from engine.kernels.plan import Plan

GROUP = layout.GROUP
ZERO, ONE, LIMIT = np.float32(0.0), np.float32(1.0), np.float32(127.0)
STEP = np.float32(1.0 / 127.0)
HALF_BYTES = 64
"""Half a group of singles: one vector."""


class Quantised(NamedTuple):
    """Where quantised rows lie; `value_stride` and `scale_stride` lead from row to row."""

    values: int
    scales: int
    offsets: int
    value_stride: int
    scale_stride: int


@kernel
def quantised_rows(plan: Plan) -> Quantised:
    """The buffers for quantised rows."""
    return Quantised(
        plan.values, plan.scales, plan.offsets, plan.value_stride, plan.value_stride // 8
    )


@kernel
def gated_rows(plan: Plan) -> Quantised:
    """The buffers for quantised rows inside the feed-forward network."""
    return Quantised(
        plan.gated_values, plan.gated_scales, plan.gated_offsets, plan.hidden, plan.hidden // 8
    )


@kernel
def row_of(rows: Quantised, row: int) -> Quantised:
    """The rows from `row` on."""
    return Quantised(
        rows.values + row * rows.value_stride,
        rows.scales + row * rows.scale_stride,
        rows.offsets + row * rows.scale_stride,
        rows.value_stride,
        rows.scale_stride,
    )


@kernel
def _quantise_group(low: Any, high: Any, out: Quantised, group: int) -> None:
    """Quantise 32 numbers, given as two vectors, into the first row of `out`."""
    peak = lane_maximum(larger(absolute(low), absolute(high)))
    factor = broadcast(LIMIT / peak if peak > ZERO else ZERO)
    low = rounded(multiply(low, factor))
    high = rounded(multiply(high, factor))
    values = out.values + GROUP * group
    store_rounded_bytes(values, low)
    store_rounded_bytes(values + GROUP // 2, high)
    store_single(out.scales + 4 * group, peak * STEP)
    # Whole numbers below 2 ** 24: this floating-point sum is exact.
    total = np.int32(lane_sum(add(low, high)))
    store_integer32(out.offsets + 4 * group, np.int32(-128) * total)


@kernel
def quantise(row: int, width: int, out: Quantised) -> None:
    """Quantise the `width` singles at `row`."""
    for group in range(width // GROUP):
        start = row + 2 * HALF_BYTES * group
        _quantise_group(load(start), load(start + HALF_BYTES), out, group)


@kernel
def normalise(row: int, width: int, weights: int, epsilon: float, out: Quantised) -> None:
    """RMSNorm (Zhang and Sennrich, 2019), quantised: ``x / sqrt(mean(x^2) + epsilon) * weight``."""
    low_sum = broadcast(ZERO)
    high_sum = broadcast(ZERO)
    for group in range(width // GROUP):
        start = row + 2 * HALF_BYTES * group
        low = load(start)
        high = load(start + HALF_BYTES)
        low_sum = multiply_add(low, low, low_sum)
        high_sum = multiply_add(high, high, high_sum)
    mean = lane_sum(add(low_sum, high_sum)) / np.float32(width)
    factor = broadcast(ONE / np.sqrt(mean + epsilon))
    for group in range(width // GROUP):
        start = row + 2 * HALF_BYTES * group
        weight = weights + 2 * HALF_BYTES * group
        low = multiply(multiply(load(start), factor), load(weight))
        high = multiply(multiply(load(start + HALF_BYTES), factor), load(weight + HALF_BYTES))
        _quantise_group(low, high, out, group)


@kernel
def _silu(x: Any) -> Any:
    """``x / (1 + e ** -x)``."""
    return divide(x, add(broadcast(ONE), exponential(subtract(broadcast(ZERO), x))))


@kernel
def gate(row: int, first: int, last: int, out: Quantised) -> None:
    """SwiGLU (Shazeer, 2020), quantised: ``silu(gate) * up``, for the groups from `first` on.

    The gates and ups at `row` alternate in blocks of 16; the group `last` is the first to be left.
    """
    for group in range(first, last):
        start = row + 4 * HALF_BYTES * group
        low = multiply(_silu(load(start)), load(start + HALF_BYTES))
        start += 2 * HALF_BYTES
        high = multiply(_silu(load(start)), load(start + HALF_BYTES))
        _quantise_group(low, high, out, group)
