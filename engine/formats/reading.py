"""Which format a file or folder is in, told by what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.checkpoint import FORMAT
from engine.formats.errors import FormatError
from engine.formats.files import mapped
from engine.formats.gguf import model as gguf
from engine.formats.gguf.metadata import MAGIC
from engine.formats.huggingface import model as huggingface
from engine.formats.llama2c import reader as llama2c

if TYPE_CHECKING:
    import os

    from engine.formats.foreign import ForeignModel

_ENOUGH = 64 << 10


def read(
    path: str | os.PathLike[str], tokenizer: str | os.PathLike[str] | None = None
) -> ForeignModel:
    """Read a model's shape, its tokenizer and the places of its weights.

    `path` is a GGUF or llama2.c file, a Hugging Face folder or its safetensors file; `tokenizer` a
    file that takes the place of the model's own or the one beside it. Raises FormatError.
    """
    place = Path(path)
    vocabulary = None if tokenizer is None else Path(tokenizer)
    if place.is_dir():
        return _folder(place, vocabulary)
    start = mapped(place)[:_ENOUGH].tobytes()
    if start[:4] == MAGIC:
        return gguf.read(place, vocabulary)
    if start[8:9] == b"{" and start[4:8] == bytes(4):
        return _safetensors(place, start, vocabulary)
    return llama2c.read(place, vocabulary)


def _folder(folder: Path, tokenizer: Path | None) -> ForeignModel:
    if (folder / huggingface.CONFIG).exists():
        return huggingface.read(folder, tokenizer)
    models = sorted(path for kind in ("*.gguf", "*.bin") for path in folder.glob(kind))
    names = ", ".join(path.name for path in models[:5])
    advice = f"name one of its files ({names})" if models else "name the folder that has one"
    raise FormatError(f"{folder} has no {huggingface.CONFIG}: {advice}")


def _safetensors(path: Path, start: bytes, tokenizer: Path | None) -> ForeignModel:
    if f'"format":"{FORMAT}"'.encode() in start:
        raise FormatError(f"{path} is one of our own weights files: use it with --model {path}")
    if not (path.parent / huggingface.CONFIG).exists():
        raise FormatError(
            f"{path} holds weights without a {huggingface.CONFIG}: name the folder that they came "
            "in, with its configuration and tokenizer"
        )
    return huggingface.read(path.parent, tokenizer)
