"""Foreign files, mapped into memory; nothing in them is believed before it is checked."""

from __future__ import annotations

import json
import mmap
import stat
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.formats.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_JSON = 64 << 20
"""The largest JSON file that is read, in bytes; a tokenizer's may have 20 million."""


def mapped(path: Path) -> NDArray[np.uint8]:
    """A regular file's bytes, mapped and read-only; raises FormatError."""
    _check_regular(path)
    try:
        with path.open("rb") as file:
            return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise FormatError(f"cannot read {path}: {reason(error)}") from error


def read_small(path: Path, limit: int) -> bytes:
    """All of a regular file of at most `limit` bytes; raises FormatError."""
    _check_regular(path)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise FormatError(f"cannot read {path}: {reason(error)}") from error
    if len(data) > limit:
        raise FormatError(f"{path} is far too large for what it should be: check the path")
    return data


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; raises FormatError."""
    try:
        value = json.loads(read_small(path, MAX_JSON))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is no JSON: get a fresh copy of it") from error
    if not isinstance(value, dict):
        raise FormatError(f"{path} is no JSON object: get a fresh copy of it")
    return value


def reason(error: Exception) -> str:
    """What went wrong, without the path."""
    return getattr(error, "strerror", None) or str(error)


def _check_regular(path: Path) -> None:
    """A pipe would block when it is opened, so look at what it is first."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise FormatError(f"there is no file {path}: check the path") from error
    except (OSError, ValueError) as error:
        raise FormatError(f"cannot read {path}: {reason(error)}") from error
    if not stat.S_ISREG(mode):
        raise FormatError(f"{path} is no regular file: name a model file or a folder with one")
