"""Between a model's matrices as they are trained and as the kernels want them.

The kernels want fewer and longer products: queries, keys and values are one matrix, ``qkv``; gate
and up are one, ``gate_up``, taking turns in blocks of 16 rows, so that what belongs together in
SwiGLU is computed close together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.kernels.layout import BLOCK_ROWS, GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.config import ModelConfig

    Matrices = dict[str, NDArray[np.float32]]
    Matrix = NDArray[np.float32]


class PackingError(ValueError):
    """A model has a shape that the kernels cannot run, or weights that do not fit its shape."""


def check(config: ModelConfig) -> None:
    """Raise PackingError, with one line, if the kernels cannot run this shape."""
    for name in ("dim", "hidden", "layers", "heads", "kv_heads", "head_dim", "vocab", "context"):
        if getattr(config, name) < 1:
            raise PackingError(f"a model needs a positive {name}, not {getattr(config, name)}")
    sizes = {
        "dim": config.dim,
        "hidden": config.hidden,
        "heads * head_dim": config.heads * config.head_dim,
    }
    for name, size in sizes.items():
        if size % GROUP:
            raise PackingError(f"the engine needs {name} to be a multiple of {GROUP}, not {size}")
    if config.head_dim % BLOCK_ROWS:
        raise PackingError(
            f"the engine needs head_dim to be a multiple of {BLOCK_ROWS}, not {config.head_dim}"
        )
    if config.heads % config.kv_heads:
        raise PackingError(f"{config.heads} heads cannot share {config.kv_heads} key-value heads")


def matrix_shapes(config: ModelConfig) -> dict[str, tuple[int, int]]:
    """The fused matrices of a model in their order of use, each with rows and columns."""
    queries = config.heads * config.head_dim
    shapes = {}
    for layer in range(config.layers):
        name = f"layers.{layer}."
        shapes[name + "qkv"] = (queries + 2 * config.kv_heads * config.head_dim, config.dim)
        shapes[name + "o"] = (config.dim, queries)
        shapes[name + "gate_up"] = (2 * config.hidden, config.dim)
        shapes[name + "down"] = (config.dim, config.hidden)
    shapes["embedding"] = (config.vocab, config.dim)
    if not config.tied:
        shapes["classifier"] = (config.vocab, config.dim)
    return shapes


def weight_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The matrices and vectors as they are trained, each with its shape."""
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    per_layer = {
        "attention_norm": (config.dim,),
        "q": (queries, config.dim),
        "k": (keys, config.dim),
        "v": (keys, config.dim),
        "o": (config.dim, queries),
        "ffn_norm": (config.dim,),
        "gate": (config.hidden, config.dim),
        "up": (config.hidden, config.dim),
        "down": (config.dim, config.hidden),
    }
    shapes: dict[str, tuple[int, ...]] = {"embedding": (config.vocab, config.dim)}
    for layer in range(config.layers):
        shapes |= {f"layers.{layer}.{name}": shape for name, shape in per_layer.items()}
    shapes["norm"] = (config.dim,)
    if not config.tied:
        shapes["classifier"] = (config.vocab, config.dim)
    return shapes


def fuse(config: ModelConfig, weights: Mapping[str, Matrix]) -> Matrices:
    """The matrices for the kernels, in their order of use, from the trained ones; vectors left out.

    Raises PackingError if a weight is missing or has the wrong shape, or the kernels cannot run it.
    """
    check(config)
    for name, shape in weight_shapes(config).items():
        if name not in weights:
            raise PackingError(f"the weights lack {name}")
        if weights[name].shape != shape:
            raise PackingError(
                f"{name} is {weights[name].shape}, but the model's shape says {shape}"
            )
    fused = {}
    for layer in range(config.layers):
        name = f"layers.{layer}."
        fused[name + "qkv"] = np.concatenate([weights[name + part] for part in "qkv"])
        fused[name + "o"] = weights[name + "o"]
        fused[name + "gate_up"] = _interleave(weights[name + "gate"], weights[name + "up"])
        fused[name + "down"] = weights[name + "down"]
    fused["embedding"] = weights["embedding"]
    if not config.tied:
        fused["classifier"] = weights["classifier"]
    return fused


def split(config: ModelConfig, fused: Mapping[str, Matrix]) -> Matrices:
    """The inverse of `fuse`: the matrices as they were trained."""
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    weights = {"embedding": fused["embedding"]}
    for layer in range(config.layers):
        name = f"layers.{layer}."
        parts = np.split(fused[name + "qkv"], [queries, queries + keys])
        weights |= {name + part: matrix for part, matrix in zip("qkv", parts, strict=True)}
        weights[name + "o"] = fused[name + "o"]
        weights[name + "gate"], weights[name + "up"] = _separate(fused[name + "gate_up"])
        weights[name + "down"] = fused[name + "down"]
    if not config.tied:
        weights["classifier"] = fused["classifier"]
    return weights


def _interleave(gate: Matrix, up: Matrix) -> Matrix:
    """Blocks of 16 rows, from `gate` and `up` in turns."""
    columns = gate.shape[1]
    blocks = [matrix.reshape(-1, BLOCK_ROWS, columns) for matrix in (gate, up)]
    return np.stack(blocks, axis=1).reshape(-1, columns)


def _separate(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """Gate and up of an interleaved matrix."""
    columns = matrix.shape[1]
    pairs = matrix.reshape(-1, 2, BLOCK_ROWS, columns)
    return pairs[:, 0].reshape(-1, columns), pairs[:, 1].reshape(-1, columns)
