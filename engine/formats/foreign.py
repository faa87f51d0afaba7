"""A model as other programs keep it, before anything is converted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine import ggml_blocks
from engine.formats import ggml
from engine.formats.errors import FormatError
from engine.formats.parts import half_split
from engine.quantize import QuantizationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.config import ModelConfig
    from engine.formats.ggml import GgmlType
    from engine.quantize import QuantizedTensor


class Weights(Protocol):
    """A matrix or vector in a file, read some rows at a time; a vector is one row."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, or the length of a vector."""

    @property
    def kind(self) -> str:
        """How the file keeps it, such as ``Q8_0``."""

    @property
    def bits(self) -> int | None:
        """8 or 4 where our layout holds the file's very integers and scales, else None."""

    def floats(self, begin: int, end: int) -> NDArray[np.float32]:
        """Rows `begin` to `end`, ``[rows, columns]``."""

    def packed(self, begin: int, end: int) -> QuantizedTensor:
        """The same rows, bit for bit; only where `bits` is not None."""


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """What was found in a file or folder.

    `tensors` are named and shaped as `engine.packing.weight_shapes` says. `tokenizer` is what
    `engine.tokenizer.read_tokenizer` reads.
    """

    name: str
    format: str
    config: ModelConfig
    tensors: Mapping[str, Weights]
    tokenizer: bytes
    chat_template: str | None = None
    """The Jinja text that came with it."""
    template: Mapping[str, object] | None = None
    """Our own prompt template, where we wrote the file."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the file says about itself: licence, author and the like."""

    def kinds(self) -> dict[str, int]:
        """How many of the matrices' weights the file keeps in which way."""
        counts: dict[str, int] = {}
        for weights in self.tensors.values():
            if len(weights.shape) > 1:
                counts[weights.kind] = counts.get(weights.kind, 0) + math.prod(weights.shape)
        return counts


_EXACT = {
    ggml.Q8_0: (8, ggml_blocks.from_q8_0),
    ggml.Q4_1: (4, ggml_blocks.from_q4_1),
    ggml.Q4_0: (4, ggml_blocks.from_q4_0),
}


@dataclass(frozen=True, slots=True)
class GgmlWeights:
    """Weights in one of GGML's types: `data` is ``[rows, bytes of a row]``."""

    name: str
    shape: tuple[int, ...]
    type: GgmlType
    data: NDArray[np.uint8]
    interleaved_heads: int = 0
    """Where the two rows of each rotated pair lie side by side: the rows of a head."""

    @property
    def kind(self) -> str:
        """The type's name."""
        return self.type.name

    @property
    def bits(self) -> int | None:
        """8 or 4 where our layout holds the very same numbers."""
        return _EXACT[self.type][0] if self.type in _EXACT else None

    def floats(self, begin: int, end: int) -> NDArray[np.float32]:
        """Rows as floats; raises FormatError when one is infinite or missing."""
        rows = ggml.decode(self._rows(begin, end), self.type)
        if not np.isfinite(rows).all():
            raise FormatError(f"its {self.name} has infinite or missing numbers: get a fresh copy")
        return rows

    def packed(self, begin: int, end: int) -> QuantizedTensor:
        """Rows in our layout; raises FormatError when a scale is infinite or missing."""
        try:
            return _EXACT[self.type][1](end - begin, self.shape[-1], self._rows(begin, end))
        except QuantizationError as error:
            raise FormatError(f"its {self.name} is damaged, {error}: get a fresh copy") from error

    def _rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        rows = self.data[begin:end]
        if self.interleaved_heads:
            rows = half_split(rows, self.interleaved_heads)
        return np.ascontiguousarray(rows)
