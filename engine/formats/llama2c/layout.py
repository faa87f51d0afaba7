"""How llama2.c's files are laid out (``export.py`` of https://github.com/karpathy/llama2.c).

Everything is little endian, numbers have four bytes. Three versions share the seven sizes ``dim,
hidden, layers, heads, kv_heads, vocab, context``:

* 0: the sizes, a negative vocabulary when the classifier is not the embedding; then floats:
  embedding, and for all layers in turn the attention norms, q, k, v, o, the ffn norms, gate, down,
  up; then the last norm, the cosines and sines of RoPE, the classifier.
* 1: 256 bytes of header: ``ak42``, version, sizes, a byte that says whether the classifier is the
  embedding; then floats: all norms, embedding, q, k, v, o, gate, down, up, classifier.
* 2: the same header with a group's size at the end; all norms in floats, then the matrices of
  version 1 in eight bits: all integers of a matrix, then a float scale for each group.

The two rows of a pair that RoPE rotates lie side by side. The programs that run these files,
``run.c`` and ``runq.c``, have RoPE's base 10,000 and the norms' epsilon 1e-5 built in.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import packing

if TYPE_CHECKING:
    from engine.config import ModelConfig

MAGIC = 0x616B3432
SIZES = struct.Struct("<7i")
START = struct.Struct("<Ii")
"""The magic number and the version."""
HEADER_BYTES = 256
ROPE_THETA = 10_000.0
NORM_EPS = 1e-5

_FLOAT_PARTS = (
    "attention_norm", "q", "k", "v", "o", "ffn_norm", "gate", "down", "up",
)  # fmt: skip
_NORMS = ("attention_norm", "ffn_norm")
_MATRICES = ("q", "k", "v", "o", "gate", "down", "up")


@dataclass(frozen=True, slots=True)
class Item:
    """A run of numbers in a file: a weight under our name, or one of RoPE's tables."""

    name: str
    shape: tuple[int, ...]
    quantized: bool = False
    table: int | None = None
    """0 for the cosines, 1 for the sines."""


def items(config: ModelConfig, version: int) -> list[Item]:
    """What follows the header, in order."""
    shapes = packing.weight_shapes(config)
    layers = range(config.layers)

    def every(part: str) -> list[str]:
        return [f"layers.{layer}.{part}" for layer in layers]

    classifier = [] if config.tied else ["classifier"]
    if version == 0:
        names = ["embedding", *(name for part in _FLOAT_PARTS for name in every(part)), "norm"]
        size = (config.context, config.head_dim // 2)
        tables = [Item("cosines", size, table=0), Item("sines", size, table=1)]
        return [
            *(Item(name, shapes[name]) for name in names),
            *tables,
            *(Item(name, shapes[name]) for name in classifier),
        ]
    norms = [*(name for part in _NORMS for name in every(part)), "norm"]
    matrices = ["embedding", *(name for part in _MATRICES for name in every(part)), *classifier]
    return [
        *(Item(name, shapes[name]) for name in norms),
        *(Item(name, shapes[name], quantized=version > 1) for name in matrices),
    ]
