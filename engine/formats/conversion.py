"""A foreign model as our weights file, converted and written one matrix at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine import checkpoint, packing
from engine.checkpoint import Checkpoint
from engine.formats.errors import FormatError
from engine.formats.parts import place
from engine.kernels.layout import BLOCK_ROWS, blocks_of, matrix_bytes
from engine.memory import aligned
from engine.quantize import QuantizationError, QuantizedTensor, quantize

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from engine.formats.foreign import ForeignModel

_CHUNK_ROWS = 4096


class Conversion(NamedTuple):
    """How many of the matrices' weights were taken as they are, and how many were rounded."""

    kept: int
    rounded: int


def save(
    path: str | os.PathLike[str],
    model: ForeignModel,
    *,
    name: str,
    template: Mapping[str, Any],
    card: Mapping[str, Any],
    context: int,
    bits: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Conversion:
    """Convert a model and write it under `path`.

    Matrices that our layout can hold bit for bit are kept so; the others are rounded to 8 bits.
    With `bits` given, the layers' matrices all get so many, and are rounded anew where they had
    others. `progress` is told how many bytes of matrices are made, of how many. Raises FormatError
    for numbers that no model has, and `engine.checkpoint.CheckpointError` when the disk refuses.
    """
    config = replace(model.config, context=context)
    vectors = {
        name: model.tensors[name].floats(0, 1).reshape(-1)
        for name in checkpoint.vector_shapes(config)
    }
    head = Checkpoint(name, config, template, model.tokenizer, {}, vectors, card)
    made = _Matrices(model, bits, progress)
    checkpoint.stream(path, head, made.bits, made.make)
    return Conversion(made.kept, made.rounded)


class _Matrices:
    """Makes the fused matrices of a foreign model."""

    def __init__(
        self, model: ForeignModel, bits: int | None, progress: Callable[[int, int], None]
    ) -> None:
        self._model = model
        self._progress = progress
        self._fused = packing.matrix_shapes(model.config)
        self._trained = packing.weight_shapes(model.config)
        self._parts: dict[str, list[str]] = {name: [] for name in self._fused}
        for part, shape in self._trained.items():
            if len(shape) == 2:
                self._parts[place(model.config, part)[0]].append(part)
        self.bits = {name: self._bits_of(name, bits) for name in self._fused}
        self._done = self.kept = self.rounded = 0
        self._all = sum(matrix_bytes(*self._fused[name], self.bits[name]) for name in self._fused)

    def _bits_of(self, name: str, wanted: int | None) -> int:
        if wanted is not None and name.startswith("layers."):
            return wanted
        kept = {self._model.tensors[part].bits for part in self._parts[name]}
        return (kept.pop() if len(kept) == 1 else None) or 8

    def make(self, name: str) -> QuantizedTensor:
        """One fused matrix; raises FormatError."""
        rows, columns = self._fused[name]
        packed = aligned((matrix_bytes(rows, columns, self.bits[name]),), np.uint8)
        blocks = packed.reshape(blocks_of(rows), -1)
        for part in self._parts[name]:
            _, taken = place(self._model.config, part)
            self._fill(blocks[taken], part, self.bits[name])
        return QuantizedTensor(rows, columns, packed, self.bits[name])

    def _fill(self, blocks: NDArray[np.uint8], part: str, bits: int) -> None:
        """Put the rows of one trained matrix into its blocks; whole heads at a time."""
        rows, _ = self._trained[part]
        head = self._model.config.head_dim
        step = head * BLOCK_ROWS * max(1, _CHUNK_ROWS // (head * BLOCK_ROWS))
        for begin in range(0, rows, step):
            end = min(begin + step, rows)
            chunk = self._chunk(part, begin, end, bits)
            first, count = begin // BLOCK_ROWS, blocks_of(end - begin)
            blocks[first : first + count] = chunk.packed.reshape(count, -1)
            self._done += chunk.packed.nbytes
            self._progress(self._done, self._all)

    def _chunk(self, part: str, begin: int, end: int, bits: int) -> QuantizedTensor:
        weights = self._model.tensors[part]
        count = (end - begin) * self._trained[part][1]
        if weights.bits == bits:
            self.kept += count
            return weights.packed(begin, end)
        self.rounded += count
        try:
            return quantize(weights.floats(begin, end), bits)
        except QuantizationError as error:
            raise FormatError(f"its {part} cannot be used: {error}") from error
