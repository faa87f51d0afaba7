"""From logits to probabilities and to a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities over the last axis; `temperature` divides the logits (at least 1e-6)."""
    scaled = (logits - logits.max(axis=-1, keepdims=True)) / np.float32(max(temperature, 1e-6))
    weights = np.exp(scaled)
    probabilities: NDArray[np.float32] = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logs: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def top_k(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The indices of the `count` largest values, the largest first; equal ones by their index."""
    count = min(count, values.size)
    if count == values.size:
        chosen = np.arange(count)
    else:
        # All that reach the smallest value that is in for sure, so that ties do not depend on
        # how NumPy partitions.
        smallest = np.partition(values, values.size - count)[values.size - count]
        chosen = np.flatnonzero(values >= smallest)
    order = np.argsort(-values[chosen], kind="stable")[:count]
    return chosen[order].astype(np.int64)


@dataclass
class Sampler:
    """Draws tokens: the same seed and logits give the same tokens.

    Temperature 0 always takes the likeliest. `top_k` keeps that many of the likeliest tokens (0:
    all); `top_p` then keeps the fewest of them whose probabilities add up to it (Holtzman et al.,
    2020).
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    _generator: np.random.Generator = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"the temperature must be 0 or more, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top-p must be above 0 and at most 1, not {self.top_p}")
        if self.top_k < 0:
            raise ValueError(f"top-k must be 0 or more, not {self.top_k}")
        self._generator = np.random.default_rng(self.seed)

    def sample(self, logits: NDArray[np.float32]) -> int:
        """A token id for logits [vocab]."""
        if self.temperature == 0:
            return int(logits.argmax())
        candidates, probabilities = self._candidates(logits)
        shares = np.cumsum(probabilities, dtype=np.float64)
        if self.top_p < 1:
            shares = shares[: int(np.searchsorted(shares, self.top_p)) + 1]
        drawn = np.searchsorted(shares, self._generator.random() * shares[-1], side="right")
        return int(candidates[min(int(drawn), len(shares) - 1)])

    def _candidates(
        self, logits: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The tokens that may be drawn, and few others; with their probabilities.

        Sorting a large vocabulary takes long, so it is left out where it can be. The likeliest
        come first where limits ask for that. Tokens of less than ``(1 - top_p) / tokens`` each
        have less than ``1 - top_p`` in all, so the others reach `top_p`.
        """
        if self.top_k:
            best = top_k(logits, self.top_k)
            return best, softmax(logits[best], self.temperature)
        probabilities = softmax(logits, self.temperature)
        if self.top_p == 1:
            return np.arange(logits.size), probabilities
        least = (1 - self.top_p) / logits.size
        likely = np.flatnonzero(probabilities >= least)
        likely = likely[np.argsort(-logits[likely], kind="stable")]
        return likely, probabilities[likely]
