"""What the kernels ask of a model's shape, and how far a foreign model is fitted to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine import packing
from engine.formats.errors import FormatError
from engine.kernels.layout import GROUP

if TYPE_CHECKING:
    from engine.config import ModelConfig


def padded(config: ModelConfig) -> ModelConfig:
    """The shape with hidden units added until they fill groups.

    Their weights are zeros, and ``silu(0) * 0 = 0``, so they change nothing. Raises FormatError for
    a shape that the kernels cannot run.
    """
    fitted = replace(config, hidden=config.hidden + -config.hidden % GROUP)
    try:
        packing.check(fitted)
    except packing.PackingError as error:
        raise FormatError(f"the engine cannot run this model: {error}") from error
    return fitted
