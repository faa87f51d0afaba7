"""The forward pass in plain NumPy, to hold the kernels against.

`logits` computes in single precision throughout. `quantized_logits` computes what the kernels
compute: on the packed integers, int8 activations, and keys and values in half precision; only the
order of floating-point additions differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import packing
from engine.kernels.layout import GROUP
from engine.model import rope_tables
from engine.quantize import dequantize, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.checkpoint import Checkpoint
    from engine.config import ModelConfig
    from engine.quantize import Unpacked

    Array = NDArray[np.float32]
    Linear = Callable[[Array, str], Array]


def logits(weights: Mapping[str, Array], config: ModelConfig, tokens: Sequence[int]) -> Array:
    """Logits ``[tokens, vocab]`` after each token, from the float weights of `engine.packing`."""
    fused = packing.fuse(config, weights)

    def linear(x: Array, name: str) -> Array:
        return x @ fused[name].T

    return _forward(config, weights, linear, fused["embedding"][list(tokens)], _same)


def quantized_logits(checkpoint: Checkpoint, tokens: Sequence[int]) -> Array:
    """Logits ``[tokens, vocab]`` after each token, with the kernels' rounding."""
    unpacked = {name: unpack(tensor) for name, tensor in checkpoint.matrices.items()}

    def linear(x: Array, name: str) -> Array:
        return _integer_product(x, unpacked[name])

    embedded = dequantize(checkpoint.matrices["embedding"])[list(tokens)]
    return _forward(checkpoint.config, checkpoint.vectors, linear, embedded, _halved)


def _forward(
    config: ModelConfig,
    vectors: Mapping[str, Array],
    linear: Linear,
    x: Array,
    stored: Callable[[Array], Array],
) -> Array:
    """A Llama over the embedded tokens ``x`` [tokens, dim]; `stored` rounds keys and values."""
    for layer in range(config.layers):
        name = f"layers.{layer}."
        normed = _normalise(x, vectors[name + "attention_norm"], config.norm_eps)
        attended = _attention(config, linear(normed, name + "qkv"), stored)
        x = x + linear(attended, name + "o")
        normed = _normalise(x, vectors[name + "ffn_norm"], config.norm_eps)
        pairs = linear(normed, name + "gate_up").reshape(len(x), -1, 2, 16)
        gate, up = pairs[:, :, 0].reshape(len(x), -1), pairs[:, :, 1].reshape(len(x), -1)
        x = x + linear(gate / (1 + np.exp(-gate)) * up, name + "down")
    normed = _normalise(x, vectors["norm"], config.norm_eps)
    return linear(normed, "embedding" if config.tied else "classifier")


def _normalise(x: Array, weight: Array, epsilon: float) -> Array:
    mean = np.square(x).mean(axis=-1, keepdims=True)
    factor = np.float32(1) / np.sqrt(mean + np.float32(epsilon))
    normed: Array = x * factor * weight
    return normed


def _attention(config: ModelConfig, qkv: Array, stored: Callable[[Array], Array]) -> Array:
    """Causal grouped-query attention; `qkv` is [tokens, (heads + 2 kv_heads) * head_dim]."""
    count, width = len(qkv), config.head_dim
    split = qkv.reshape(count, -1, width)
    queries, keys, values = np.split(split, [config.heads, config.heads + config.kv_heads], axis=1)
    tables = rope_tables(count, width, config.rope_theta)
    queries, keys = _rotate(queries, *tables), _rotate(keys, *tables)
    shared = config.heads // config.kv_heads
    keys = np.repeat(stored(keys), shared, axis=1)
    values = np.repeat(stored(values), shared, axis=1)
    scores = np.einsum("ihd,jhd->hij", queries, keys) * np.float32(width**-0.5)
    scores += np.triu(np.full((count, count), -np.inf, np.float32), 1)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed: Array = np.einsum("hij,jhd->ihd", scores, values)
    return mixed.reshape(count, -1)


def _rotate(heads: Array, cosines: Array, sines: Array) -> Array:
    """Turn the pairs (i, i + half) of ``heads`` [tokens, heads, head_dim]."""
    x, y = np.split(heads, 2, axis=-1)
    cosines, sines = cosines[:, None], sines[:, None]
    return np.concatenate([x * cosines - y * sines, x * sines + y * cosines], axis=-1)


def _integer_product(x: Array, weights: Unpacked) -> Array:
    """``x @ weights.T`` with `x` rounded to eight bits in groups of 32 columns."""
    grouped = x.reshape(len(x), -1, GROUP)
    peaks = np.abs(grouped).max(axis=-1)
    factors = np.divide(np.float32(127), peaks, where=peaks > 0, out=np.zeros_like(peaks))
    integers = np.rint(grouped * factors[:, :, None])
    steps = peaks * np.float32(1 / 127)
    scales = weights.scales.astype(np.float32)
    total = np.zeros((len(x), len(scales)), np.float32)
    columns = weights.integers.reshape(*scales.shape, GROUP).astype(np.float32)
    for group in range(scales.shape[1]):
        # Whole numbers below 2 ** 24: these single-precision products are exact.
        dots = integers[:, group] @ columns[:, group].T
        total += dots * (steps[:, group, None] * scales[None, :, group])
    if weights.minimums is not None:
        # What every weight of a group has beyond its integer counts once for their whole group.
        total += (steps * integers.sum(axis=-1)) @ weights.minimums.astype(np.float32).T
    return total


def _same(x: Array) -> Array:
    return x


def _halved(x: Array) -> Array:
    return x.astype(np.float16).astype(np.float32)
