"""A model ready to run: its weights in memory and the machine code for them."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import packing
from engine.kernels import choice, library
from engine.kernels.plan import CACHED_BYTES, Layer
from engine.memory import ALIGNMENT, address, aligned
from engine.tokenizer import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.checkpoint import Checkpoint
    from engine.tokenizer import Tokenizer


class Model:
    """Weights, RoPE tables and the compiled forward pass; many sessions can share one.

    Cheap to build from a mapped checkpoint: nothing is copied that lies well. The first one on a
    machine has the kernels compiled; `notify` is then given one line to show. Raises
    `packing.PackingError` for a shape that the kernels cannot run, `IsaError` and
    `KernelError` when there is no code for this machine.
    """

    def __init__(
        self, checkpoint: Checkpoint, *, notify: Callable[[str], None] | None = None
    ) -> None:
        packing.check(checkpoint.config)
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        hear = [notify] if notify else []
        self.isa = choice.choose(*hear).isa
        self.kernels = library.load(self.isa, *hear)
        self._arrays: dict[str, NDArray[Any]] = {}
        for name, tensor in checkpoint.matrices.items():
            self._arrays[name] = _well_placed(tensor.packed)
        for name, vector in checkpoint.vectors.items():
            self._arrays[name] = _well_placed(vector)
        self._arrays["cosines"], self._arrays["sines"] = rope_tables(
            self.config.context, self.config.head_dim, self.config.rope_theta
        )
        scale = 1.0 / math.sqrt(self.config.head_dim)
        self._arrays["constants"] = np.array([self.config.norm_eps, scale], np.float32)
        self._arrays["layer_table"] = self._layer_table()

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer from the checkpoint."""
        return read_tokenizer(self.checkpoint.tokenizer)

    def read_pieces(self) -> NDArray[np.int64]:
        """The matrices that every forward pass reads to their end, [count, 2]: address, bytes.

        An embedding that is not the classifier too is left out: of it only a row is read.
        """
        pieces = [
            (address(self._arrays[name]), tensor.packed.nbytes)
            for name, tensor in self.checkpoint.matrices.items()
            if self.config.tied or name != "embedding"
        ]
        return np.array(pieces, np.int64)

    @cached_property
    def weight_bytes(self) -> int:
        """How many bytes every forward pass reads."""
        return int(self.read_pieces()[:, 1].sum())

    @property
    def in_memory(self) -> bool:
        """Whether the weights are too many for the processor's cache."""
        return self.weight_bytes > CACHED_BYTES

    def fact(self, field: str) -> int:
        """What a `Plan` or, after its layer's name, a `Layer` is told in this field.

        Where an array of the model lies (a matrix, a norm, a table), or, for a name that ends in
        ``_bits``, how many bits the weights of a matrix have.
        """
        name = field.removesuffix("_bits")
        own = "embedding" if name == "classifier" and self.config.tied else name
        return address(self._arrays[own]) if name == field else self.checkpoint.matrices[own].bits

    def _layer_table(self) -> NDArray[np.int64]:
        """What `plan.Layer` names, for each layer."""
        names = [f"layers.{layer}." for layer in range(self.config.layers)]
        rows = [[self.fact(name + field) for field in Layer._fields] for name in names]
        return np.array(rows, np.int64)


def _well_placed(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself when it begins at a cache line, else a copy that does."""
    if array.flags.c_contiguous and address(array) % ALIGNMENT == 0:
        return array
    copy = aligned(array.shape, array.dtype)
    copy[...] = array
    return copy


def rope_tables(
    context: int, head_dim: int, theta: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosines and sines of ``position * theta ** (-2 i / head_dim)``, [context, head_dim / 2]."""
    frequencies = theta ** (-np.arange(0, head_dim, 2) / head_dim)
    angles = np.outer(np.arange(context), frequencies)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
