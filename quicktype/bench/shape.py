"""A model of the 15M class with random weights: speed depends on the shape alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import packing
from engine.checkpoint import Checkpoint, vector_shapes
from engine.config import ModelConfig
from engine.quantize import quantize
from engine.tokenizer.piece_model import nameless

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHAPE = ModelConfig(
    dim=288, hidden=768, layers=6, heads=6, kv_heads=6, head_dim=48, vocab=4096, context=256
)
"""The shape of llama2.c's ``stories15M`` with a vocabulary of 4,096."""


def random_checkpoint(config: ModelConfig = SHAPE) -> Checkpoint:
    """Weights that no training made, with tokens that have names only, and no template."""
    rng = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return rng.standard_normal((rows, columns), np.float32) * np.float32(columns**-0.5)

    query, key = config.heads * config.head_dim, config.kv_heads * config.head_dim
    weights = {name: np.ones(shape, np.float32) for name, shape in vector_shapes(config).items()}
    weights["embedding"] = matrix(config.vocab, config.dim)
    for layer in range(config.layers):
        shapes = {
            "q": (query, config.dim),
            "k": (key, config.dim),
            "v": (key, config.dim),
            "o": (config.dim, query),
            "gate": (config.hidden, config.dim),
            "up": (config.hidden, config.dim),
            "down": (config.dim, config.hidden),
        }
        for name, shape in shapes.items():
            weights[f"layers.{layer}.{name}"] = matrix(*shape)
    matrices = {name: quantize(fused) for name, fused in packing.fuse(config, weights).items()}
    vectors = {name: weights[name] for name in vector_shapes(config)}
    tokens = nameless(config.vocab).to_bytes()
    return Checkpoint("15M class, random weights", config, {}, tokens, matrices, vectors, {})
