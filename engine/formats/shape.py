"""Foreign shapes fitted to what the kernels can run: filled up with zeros, which change nothing.

The kernels want heads of multiples of 16 numbers, and rows of multiples of 32. With D for a fitted
size and d for the model's own:

* Hidden units whose weights are zeros give ``silu(0) * 0 = 0``.
* Numbers of a head that are zeros add nothing to a dot product. RoPE turns number i of d by
  ``position * theta ** (-2 i / d)``; with D numbers the same angle needs ``theta ** (D / d)``.
  Scores are divided by ``sqrt(D)`` instead of ``sqrt(d)``, so queries are multiplied by
  ``sqrt(D / d)``.
* RMSNorm divides by the root of ``sum(x^2) / D + epsilon`` instead of ``sum(x^2) / d + epsilon``:
  an epsilon of ``epsilon * d / D`` and weights times ``sqrt(d / D)`` make up for that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine import packing
from engine.formats.errors import FormatError
from engine.kernels.layout import BLOCK_ROWS, GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.config import ModelConfig
    from engine.formats.foreign import Weights
    from engine.quantize import QuantizedTensor

    Places = NDArray[np.int64]


def fitted_shape(config: ModelConfig) -> ModelConfig:
    """The next larger shape that the kernels can run; raises FormatError if there is none."""
    if config.head_dim % 2:
        raise FormatError(
            f"the engine cannot run this model: its head_dim {config.head_dim} is odd"
        )
    head = _filled(config.head_dim, BLOCK_ROWS if config.heads % 2 == 0 else GROUP)
    dim = _filled(config.dim, GROUP)
    shape = replace(
        config,
        dim=dim,
        hidden=_filled(config.hidden, GROUP),
        head_dim=head,
        rope_theta=config.rope_theta ** (head / config.head_dim),
        norm_eps=config.norm_eps * config.dim / dim,
    )
    try:
        packing.check(shape)
    except packing.PackingError as error:
        raise FormatError(f"the engine cannot run this model: {error}") from error
    return shape


def fitted(
    config: ModelConfig, shape: ModelConfig, tensors: Mapping[str, Weights]
) -> dict[str, Weights]:
    """The weights of a model of `config` for its `fitted_shape`; what fits is left as it is.

    `tensors` are named as in `engine.packing.weight_shapes`.
    """
    wanted = packing.weight_shapes(shape)
    fit = _Fit(config, shape)
    return {
        name: weights if weights.shape == wanted[name] else fit.weights(name, weights)
        for name, weights in tensors.items()
    }


def _filled(size: int, multiple: int) -> int:
    return size + -size % multiple


@dataclass(frozen=True, slots=True)
class _Fit:
    """From one shape to another: for each row and column where its numbers are, or -1."""

    old: ModelConfig
    new: ModelConfig

    def weights(self, name: str, weights: Weights) -> Weights:
        part = name.rpartition(".")[2]
        dim = _widened(self.old.dim, self.new.dim)
        hidden = _widened(self.old.hidden, self.new.hidden)
        queries, keys = self._heads(self.old.heads), self._heads(self.old.kv_heads)
        vocab = np.arange(self.old.vocab)
        places = {
            "q": (queries, dim),
            "k": (keys, dim),
            "v": (keys, dim),
            "o": (dim, queries),
            "gate": (hidden, dim),
            "up": (hidden, dim),
            "down": (dim, hidden),
            "embedding": (vocab, dim),
            "classifier": (vocab, dim),
        }
        rows, columns = places.get(part, (np.zeros(1, np.int64), dim))
        factor = 1.0
        if part == "q":
            factor = math.sqrt(self.new.head_dim / self.old.head_dim)
        elif part not in places:
            factor = math.sqrt(self.old.dim / self.new.dim)
        return FittedWeights(weights, rows, columns, np.float32(factor))

    def _heads(self, heads: int) -> Places:
        """Each half of each head is filled up, for RoPE pairs the halves."""
        half = self.old.head_dim // 2
        one = _widened(half, self.new.head_dim // 2)
        starts = half * np.arange(2 * heads)[:, None]
        return np.where(one >= 0, one + starts, -1).reshape(-1)


def _widened(old: int, new: int) -> Places:
    places = np.arange(new)
    return np.where(places < old, places, -1)


@dataclass(frozen=True, slots=True)
class FittedWeights:
    """A matrix or vector with rows and columns of zeros put in, and multiplied by a factor."""

    inner: Weights
    rows: Places
    columns: Places
    factor: np.float32

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, or the length of a vector."""
        sizes = (len(self.rows), len(self.columns))
        return sizes[-len(self.inner.shape) :]

    @property
    def kind(self) -> str:
        """How the file keeps it."""
        return self.inner.kind

    @property
    def bits(self) -> None:
        """Nothing of it can be taken as it is."""
        return

    def floats(self, begin: int, end: int) -> NDArray[np.float32]:
        """Rows `begin` to `end`; whole heads at a time, as `engine.formats.parts` gives them."""
        found = np.zeros((end - begin, len(self.columns)), np.float32)
        rows = self.rows[begin:end]
        real = rows[rows >= 0]
        if real.size:
            source = self.inner.floats(int(real[0]), int(real[-1]) + 1)
            found[np.ix_(rows >= 0, self.columns >= 0)] = source * self.factor
        return found

    def packed(self, begin: int, end: int) -> QuantizedTensor:
        """Never asked for: `bits` is None."""
        raise TypeError(f"rows {begin} to {end} of fitted weights have no exact form")
