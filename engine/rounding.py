"""Four bits for each of a group of 32 weights, with a small squared error.

The obvious step and minimum of a group are ``(max - min) / 15`` and ``min``; they spend levels on
the two outermost weights. Here finer steps are tried as well, which clip the largest weights. Each
rounds the weights to whole numbers; the straight line that fits the weights over these numbers best
(least squares) gives a better step and minimum; these, in half precision as they are stored, round
the weights anew. What has the smallest squared error of all is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.kernels.layout import GROUP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Singles = NDArray[np.float32]
    Halves = NDArray[np.float16]

LEVELS = 15
"""The largest integer of four bits."""
_SPANS = (14.5, 15.0, 15.5, 16.0, 16.5, 17.0, 17.5, 18.0)
"""How many steps lie between a group's minimum and its maximum, in turn."""
_FITS = 2
"""How often a line is fitted, and the weights rounded by it, for each span."""
_LEAST = np.float32(2.0**-25)
"""Steps below this are zero in half precision."""
_AT_ONCE = 4096
"""Groups that are rounded together, few enough for the processor's cache."""


class FourBits(NamedTuple):
    """Rounded groups: a weight is ``step * integer + minimum``."""

    integers: NDArray[np.int8]
    """[n, 32], 0 to 15."""
    steps: Halves
    """[n]."""
    minimums: Halves
    """[n]."""


def four_bits(groups: Singles) -> FourBits:
    """Round ``groups`` [n, 32]; no weight may lie beyond the largest half."""
    parts = [_best(groups[start : start + _AT_ONCE]) for start in range(0, len(groups), _AT_ONCE)]
    return FourBits(*map(np.concatenate, zip(*parts, strict=True)))


def _best(groups: Singles) -> FourBits:
    """The best of several roundings, for each group."""
    low = groups.min(axis=1)
    span = groups.max(axis=1) - low
    steps, minimums = _halves(span / np.float32(LEVELS)), low.astype(np.float16)
    integers, errors = _rounded(groups, steps, minimums)
    for count in _SPANS:
        tried = _integers(groups, span / np.float32(count), low)
        for _ in range(_FITS):
            line = _line(groups, tried)
            tried, found = _rounded(groups, *line)
            better = found < errors
            errors[better], integers[better] = found[better], tried[better]
            steps[better], minimums[better] = line[0][better], line[1][better]
    return FourBits(integers.astype(np.int8), steps, minimums)


def _integers(groups: Singles, steps: Singles, minimums: Singles) -> Singles:
    """The whole numbers from 0 to 15 next to ``(group - minimum) / step``; 0 for no step."""
    inverse = np.divide(np.float32(1), steps, out=np.zeros_like(steps), where=steps >= _LEAST)
    numbers = groups - minimums[:, None]
    numbers *= inverse[:, None]
    return np.clip(np.rint(numbers, out=numbers), 0, LEVELS, out=numbers)


def _rounded(groups: Singles, steps: Halves, minimums: Halves) -> tuple[Singles, Singles]:
    """The integers of `groups`, and the squared error of each group."""
    wide_steps, wide_minimums = steps.astype(np.float32), minimums.astype(np.float32)
    integers = _integers(groups, wide_steps, wide_minimums)
    rest = integers * wide_steps[:, None]
    rest += wide_minimums[:, None]
    rest -= groups
    return integers, np.einsum("ij,ij->i", rest, rest)


def _line(groups: Singles, integers: Singles) -> tuple[Halves, Halves]:
    """Step and minimum that fit `groups` best over `integers`, by least squares."""
    total, squares = integers.sum(axis=1), np.einsum("ij,ij->i", integers, integers)
    sums, products = groups.sum(axis=1), np.einsum("ij,ij->i", integers, groups)
    spread = GROUP * squares - total * total
    slope = np.divide(
        GROUP * products - sums * total, spread, out=np.zeros_like(spread), where=spread > 0
    )
    return _halves(slope), _halves((sums - slope * total) / np.float32(GROUP))


def _halves(numbers: Singles) -> Halves:
    """In half precision; what lies beyond its largest number becomes that."""
    limit = np.float32(np.finfo(np.float16).max)
    return np.clip(numbers, -limit, limit).astype(np.float16)
