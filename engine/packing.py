"""Between a model's matrices as they are trained and as the kernels want them.

The kernels want fewer and longer products: queries, keys and values are one matrix, ``qkv``; gate
and up are one, ``gate_up``, taking turns in blocks of 16 rows, so that what belongs together in
SwiGLU is computed close together. Both are made of whole blocks, so packed matrices are fused by
moving bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.kernels.layout import BLOCK_ROWS, GROUP
from engine.quantize import QuantizedTensor, check_bits, dequantize, quantize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.config import ModelConfig

    Matrix = NDArray[np.float32]
    Matrices = dict[str, Matrix]


_FUSED = {"qkv": ("q", "k", "v"), "gate_up": ("gate", "up")}
_TURNS = "gate_up"
MAX_LAYERS = 1024
"""More would only be a file's lie, and fill the memory with names."""


class PackingError(ValueError):
    """A model has a shape that the kernels cannot run, or weights that do not fit its shape."""


def check(config: ModelConfig) -> None:
    """Raise PackingError, with one line, if the kernels cannot run this shape."""
    for name in ("dim", "hidden", "layers", "heads", "kv_heads", "head_dim", "vocab", "context"):
        if getattr(config, name) < 1:
            raise PackingError(f"a model needs a positive {name}, not {getattr(config, name)}")
    if config.layers > MAX_LAYERS:
        raise PackingError(f"the engine runs at most {MAX_LAYERS:,} layers, not {config.layers:,}")
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
    _check_weights(config, weights)
    return {
        name: _fused(name, [weights[part] for part in parts])
        for name, parts in _parts(config).items()
    }


def fuse_packed(
    config: ModelConfig, weights: Mapping[str, Matrix | QuantizedTensor], bits: int = 8
) -> dict[str, QuantizedTensor]:
    """The packed matrices for the kernels, in their order of use; vectors left out.

    What comes packed keeps its very integers; only where the parts of one matrix are packed in
    different bits, or some are not packed, they are rounded together. What is rounded gets `bits`
    a weight in the layers, and eight in the embedding and the classifier. Raises PackingError as
    `fuse`, and `engine.quantize.QuantizationError`.
    """
    check_bits(bits)
    _check_weights(config, weights)
    packed = {}
    for name, names in _parts(config).items():
        parts = [weights[part] for part in names]
        tensors = [part for part in parts if isinstance(part, QuantizedTensor)]
        if len(tensors) == len(parts) and len({tensor.bits for tensor in tensors}) == 1:
            packed[name] = _fused_packed(name, tensors)
        else:
            matrix = _fused(name, [_as_floats(part) for part in parts])
            packed[name] = quantize(matrix, bits if name.startswith("layers.") else 8)
    return packed


def split(config: ModelConfig, fused: Mapping[str, Matrix]) -> Matrices:
    """The inverse of `fuse`: the matrices as they were trained."""
    shapes = weight_shapes(config)
    weights = {}
    for name, parts in _parts(config).items():
        matrix = fused[name]
        if len(parts) == 1:
            weights[parts[0]] = matrix
            continue
        pieces = _cut(name, _by_blocks(matrix), [shapes[part][0] // BLOCK_ROWS for part in parts])
        for part, piece in zip(parts, pieces, strict=True):
            weights[part] = piece.reshape(-1, matrix.shape[1])
    return weights


def _check_weights(config: ModelConfig, weights: Mapping[str, Matrix | QuantizedTensor]) -> None:
    check(config)
    for name, shape in weight_shapes(config).items():
        if name not in weights:
            raise PackingError(f"the weights lack {name}")
        weight = weights[name]
        found = weight.shape
        if found != shape:
            raise PackingError(f"{name} is {found}, but the model's shape says {shape}")


def _parts(config: ModelConfig) -> dict[str, tuple[str, ...]]:
    """The names of the trained matrices that make each fused one."""
    parts = {}
    for name in matrix_shapes(config):
        layer, _, kind = name.rpartition(".")
        parts[name] = (
            tuple(f"{layer}.{part}" for part in _FUSED[kind]) if kind in _FUSED else (name,)
        )
    return parts


def _fused(name: str, parts: Sequence[Matrix]) -> Matrix:
    if len(parts) == 1:
        return parts[0]
    return _joined(name, [_by_blocks(part) for part in parts]).reshape(-1, parts[0].shape[1])


def _fused_packed(name: str, parts: Sequence[QuantizedTensor]) -> QuantizedTensor:
    first = parts[0]
    if len(parts) == 1:
        return first
    blocks = [part.packed.reshape(part.rows // BLOCK_ROWS, -1) for part in parts]
    rows = sum(part.rows for part in parts)
    return QuantizedTensor(rows, first.cols, _joined(name, blocks).reshape(-1), first.bits)


def _as_floats(matrix: Matrix | QuantizedTensor) -> Matrix:
    return dequantize(matrix) if isinstance(matrix, QuantizedTensor) else matrix


def _by_blocks(matrix: Matrix) -> Matrix:
    """A row for each block of 16 rows."""
    return matrix.reshape(len(matrix) // BLOCK_ROWS, -1)


def _joined(name: str, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The blocks of the fused matrix `name`: of gate and up in turns, of the others one by one."""
    if name.endswith(_TURNS):
        return np.stack(parts, axis=1).reshape(-1, parts[0].shape[1])
    return np.concatenate(parts)


def _cut(name: str, blocks: NDArray[Any], counts: Sequence[int]) -> list[NDArray[Any]]:
    """The inverse of `_joined` for parts of `counts` blocks."""
    if name.endswith(_TURNS):
        return [blocks[number :: len(counts)] for number in range(len(counts))]
    return np.split(blocks, np.cumsum(counts)[:-1])
