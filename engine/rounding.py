"""Four bits for each of a group of 32 weights, with a small error.

The obvious step and minimum of a group are ``(max - min) / 15`` and ``min``; they spend levels on
the two outermost weights. Here finer steps are tried as well, which clip the largest weights, and a
coarser one. Each rounds the weights to whole numbers; the straight line that fits the weights over
these numbers best (least squares) gives a better step and minimum; these, in half precision as they
are stored, round the weights anew. What has the smallest squared error of all is kept.

The squares are weighted by ``|w| + rms of the group``: an error in a large weight does more harm.
llama.cpp weighs so when it rounds its K-quants; its Q4_1 takes the obvious step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

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
    rounding = _Rounding(groups)
    steps, minimums = _halves(span / np.float32(LEVELS)), low.astype(np.float16)
    integers, errors = rounding.rounded(steps, minimums)
    for count in _SPANS:
        tried = rounding.integers(span / np.float32(count), low)
        for _ in range(_FITS):
            line = rounding.line(tried)
            tried, found = rounding.rounded(*line)
            better = found < errors
            errors[better], integers[better] = found[better], tried[better]
            steps[better], minimums[better] = line[0][better], line[1][better]
    return FourBits(integers.astype(np.int8), steps, minimums)


class _Rounding:
    """Ways to round some groups, and how much it matters."""

    def __init__(self, groups: Singles) -> None:
        self._groups = groups
        self._importance = np.abs(groups)
        self._importance += np.sqrt(np.square(groups).mean(axis=1, keepdims=True))
        self._weighed = self._importance * groups
        self._total, self._sum = self._importance.sum(axis=1), self._weighed.sum(axis=1)

    def integers(self, steps: Singles, minimums: Singles) -> Singles:
        """The whole numbers from 0 to 15 next to ``(group - minimum) / step``; 0 for no step."""
        inverse = np.divide(np.float32(1), steps, out=np.zeros_like(steps), where=steps >= _LEAST)
        numbers = self._groups - minimums[:, None]
        numbers *= inverse[:, None]
        return np.clip(np.rint(numbers, out=numbers), 0, LEVELS, out=numbers)

    def rounded(self, steps: Halves, minimums: Halves) -> tuple[Singles, Singles]:
        """The integers, and the weighted squared error of each group."""
        wide_steps, wide_minimums = steps.astype(np.float32), minimums.astype(np.float32)
        integers = self.integers(wide_steps, wide_minimums)
        rest = integers * wide_steps[:, None]
        rest += wide_minimums[:, None]
        rest -= self._groups
        return integers, np.einsum("ij,ij,ij->i", rest, rest, self._importance)

    def line(self, integers: Singles) -> tuple[Halves, Halves]:
        """Step and minimum that fit the groups best over `integers`, by weighted least squares."""
        weighed = self._importance * integers
        sums, squares = weighed.sum(axis=1), np.einsum("ij,ij->i", weighed, integers)
        products = np.einsum("ij,ij->i", self._weighed, integers)
        spread = self._total * squares - sums * sums
        slope = np.divide(
            self._total * products - self._sum * sums,
            spread,
            out=np.zeros_like(spread),
            where=spread > 0,
        )
        middle = np.divide(
            self._sum - slope * sums, self._total, out=np.zeros_like(slope), where=self._total > 0
        )
        return _halves(slope), _halves(middle)


def _halves(numbers: Singles) -> Halves:
    """In half precision; what lies beyond its largest number becomes that."""
    limit = np.float32(np.finfo(np.float16).max)
    return np.clip(numbers, -limit, limit).astype(np.float16)
