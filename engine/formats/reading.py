"""Which format a file or folder is in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.formats.gguf import model as gguf

if TYPE_CHECKING:
    import os

    from engine.formats.foreign import ForeignModel


def read(path: str | os.PathLike[str]) -> ForeignModel:
    """Read a model's shape, tokenizer and places of its weights; raises FormatError."""
    return gguf.read(Path(path))
