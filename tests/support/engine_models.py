"""Models of any shape with random weights that behave: what they say hardly depends on rounding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from engine import packing
from engine.checkpoint import Checkpoint
from engine.config import ModelConfig
from engine.quantize import quantize

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL = ModelConfig(
    dim=96, hidden=160, layers=2, heads=4, kv_heads=2, head_dim=32, vocab=300, context=200
)
SHAPES = {
    "six heads of 48": ModelConfig(288, 768, 3, 6, 6, 48, 1024, 128),
    "nine heads share three": ModelConfig(576, 1536, 2, 9, 3, 64, 512, 128, rope_theta=100_000.0),
    "an untied classifier, 333 tokens": ModelConfig(96, 160, 2, 4, 4, 32, 333, 128, tied=False),
    "heads of 16": ModelConfig(64, 96, 2, 4, 1, 16, 100, 128, norm_eps=1e-6),
    "heads of 80": ModelConfig(64, 96, 2, 2, 1, 80, 100, 128),
    "heads of 128": ModelConfig(128, 256, 1, 2, 2, 128, 64, 128),
}
MIXES = {
    "eight bits": "nothing",
    "four bits in the layers": "layers",
    "four bits in every other matrix": r".*(qkv|gate_up|embedding|classifier)",
}
"""Which matrices have four bits: see `checkpoint_of`."""


def smooth_weights(config: ModelConfig, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    """Random weights, scaled by depth as GPT-2's, so that no layer drowns the others."""
    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in packing.weight_shapes(config).items():
        numbers = random.standard_normal(shape, np.float32)
        if len(shape) == 1:
            weights[name] = 1 + np.float32(0.1) * numbers
            continue
        scale = shape[1] ** -0.5
        if name.endswith((".o", ".down")):
            scale *= (2 * config.layers) ** -0.5
        weights[name] = np.float32(scale) * numbers
    return weights


def checkpoint_of(
    config: ModelConfig, weights: dict[str, NDArray[np.float32]], four_bits: str = "nothing"
) -> Checkpoint:
    """The checkpoint of float weights, without a tokenizer.

    Matrices whose names match the regular expression `four_bits` have four bits, others eight.
    """
    matrices = {
        name: quantize(m, 4 if re.match(four_bits, name) else 8)
        for name, m in packing.fuse(config, weights).items()
    }
    vectors = {name: vector for name, vector in weights.items() if vector.ndim == 1}
    return Checkpoint("random", config, {}, b"", matrices, vectors, {})


def smooth_checkpoint(config: ModelConfig, seed: int = 0, four_bits: str = "nothing") -> Checkpoint:
    """A checkpoint of `smooth_weights`."""
    return checkpoint_of(config, smooth_weights(config, seed), four_bits)


def some_tokens(config: ModelConfig, count: int, seed: int = 1) -> list[int]:
    """Random token ids."""
    numbers = np.random.default_rng(seed).integers(0, config.vocab, count)
    return [int(number) for number in numbers]
