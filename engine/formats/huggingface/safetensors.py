"""Tensors out of safetensors files, mapped (https://huggingface.co/docs/safetensors).

Eight bytes with the header's length, little endian; the header, a JSON object with each tensor's
type, shape and place; then the tensors' bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.formats import ggml
from engine.formats.errors import FormatError
from engine.formats.files import mapped, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.formats.ggml import GgmlType

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
_TYPES = {"F32": ggml.F32, "F16": ggml.F16, "BF16": ggml.BF16}
_PREFIX = 8
_MAX_HEADER = 64 << 20
_MAX_FILES = 1 << 10
_MAX_SIZE = 1 << 31


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as it lies in a file; `data` is ``[rows, row_bytes]``, a vector is one row."""

    shape: tuple[int, ...]
    type: GgmlType
    data: NDArray[np.uint8]


def read_folder(folder: Path) -> dict[str, Tensor]:
    """The tensors of a model, from its one file or from all that its index names."""
    if (folder / SINGLE).exists() or not (folder / INDEX).exists():
        return read_file(folder / SINGLE)
    index = read_json(folder / INDEX).get("weight_map")
    if not isinstance(index, dict) or not all(isinstance(name, str) for name in index.values()):
        raise FormatError(f"{folder / INDEX} names no files: get a fresh copy of it")
    names = sorted(set(index.values()))
    if len(names) > _MAX_FILES or any("/" in name or "\\" in name for name in names):
        raise FormatError(f"{folder / INDEX} names files that are not beside it: get a fresh copy")
    tensors: dict[str, Tensor] = {}
    for name in names:
        tensors |= read_file(folder / name)
    return tensors


def read_file(path: Path) -> dict[str, Tensor]:
    """The tensors of one file; raises FormatError."""
    data = mapped(path)
    length = int.from_bytes(data[:_PREFIX].tobytes(), "little")
    if len(data) < _PREFIX or length > min(_MAX_HEADER, len(data) - _PREFIX):
        raise FormatError(f"{path} is no safetensors file, or ends early: get a fresh copy of it")
    try:
        header = json.loads(data[_PREFIX : _PREFIX + length].tobytes())
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} has a broken header: get a fresh copy of it") from error
    if not isinstance(header, dict):
        raise FormatError(f"{path} has a broken header: get a fresh copy of it")
    body = data[_PREFIX + length :]
    return {
        name: _tensor(path, name, entry, body)
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _tensor(path: Path, name: str, entry: object, body: NDArray[np.uint8]) -> Tensor:
    try:
        kind_name, shape, begin, end = _fields(entry)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} has no usable entry for {name[:80]!r}") from error
    kind = _TYPES.get(kind_name)
    if kind is None:
        raise FormatError(
            f"{path} keeps {name[:80]} as {kind_name[:20]}, which this program does not read: take "
            "the model in F32, F16 or BF16"
        )
    size = math.prod(shape) * kind.group_bytes
    if not shape or end - begin != size or end > len(body):
        raise FormatError(f"{path} ends before {name[:80]!r} does, or lies about its size")
    return Tensor(shape, kind, body[begin:end].reshape(math.prod(shape[:-1]), -1))


def _fields(entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, begin and end of an entry; raises KeyError, TypeError or ValueError."""
    kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    numbers = (*shape, begin, end)
    if not isinstance(kind, str) or not all(type(number) is int for number in numbers):
        raise TypeError
    if len(shape) > 4 or not all(0 < size <= _MAX_SIZE for size in shape) or begin < 0:
        raise ValueError
    return kind, shape, begin, end


def known(tensors: Mapping[str, Tensor], path: Path, name: str, shape: tuple[int, ...]) -> Tensor:
    """The tensor of this name and shape; raises FormatError."""
    tensor = tensors.get(name)
    if tensor is None:
        raise FormatError(f"{path} lacks the tensor {name}: get a fresh copy of it")
    if tensor.shape != shape:
        raise FormatError(
            f"{path} has {name} in the shape {list(tensor.shape)}, but its config.json says "
            f"{list(shape)}: get a fresh copy of it"
        )
    return tensor
