"""A safetensors file, written and mapped with every byte accounted for.

Layout (https://huggingface.co/docs/safetensors): eight bytes with the header's length, little
endian; the header, JSON padded with spaces; then the tensors' bytes without holes. Any safetensors
reader can open what `write` makes. On top of the format, here:

* every tensor begins at a multiple of 64 bytes, so that kernels can use the mapped file as it is;
* the metadata holds ``sha256``, over the whole file with the digest itself read as 64 zeros, so
  that no byte can change unnoticed, the metadata's included;
* a file appears under its name at once and whole, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

ALIGNMENT = 64
MAX_HEADER = 16 << 20
_PREFIX = 8
_NO_DIGEST = "0" * 64
_TYPES: dict[str, np.dtype[Any]] = {"U8": np.dtype(np.uint8), "F32": np.dtype("<f4")}
_NAMES = {dtype: name for name, dtype in _TYPES.items()}


class CheckpointError(Exception):
    """A weights file cannot be used or written; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class Container:
    """An open file: its metadata, and its tensors as read-only views of the mapped bytes."""

    path: Path
    metadata: Mapping[str, str]
    tensors: Mapping[str, NDArray[Any]]
    mapped: mmap.mmap
    header_size: int

    @property
    def size(self) -> int:
        """The file's length in bytes."""
        return len(self.mapped)

    def verify(self) -> None:
        """Read every byte and compare the checksum (0.6 ms per MB); raises CheckpointError."""
        digest = self.metadata.get("sha256", "")
        header = self.mapped[: self.header_size]
        found = header.find(digest.encode()) if len(digest) == len(_NO_DIGEST) else -1
        if found < 0:
            raise CheckpointError(f"{self.path} has no checksum: get a fresh copy of it")
        blank = header[:found] + _NO_DIGEST.encode() + header[found + len(_NO_DIGEST) :]
        actual = hashlib.sha256(blank)
        with memoryview(self.mapped) as whole, whole[self.header_size :] as data:
            actual.update(data)
        if actual.hexdigest() != digest:
            raise CheckpointError(
                f"{self.path} is damaged, its checksum is wrong: get a fresh copy of it"
            )


def read(path: Path) -> Container:
    """Map a file; O(header), no tensor is read. Raises CheckpointError."""
    mapped = _map(path)
    header_size, header = _header(path, mapped)
    metadata = header.pop("__metadata__", {})
    if not _is_text_table(metadata):
        raise _foreign(path, "its metadata are no texts")
    entries = sorted(_entries(path, header), key=lambda entry: entry.begin)
    _check_cover(path, entries, len(mapped) - header_size)
    tensors = {entry.name: entry.view(mapped, header_size) for entry in entries}
    return Container(path, metadata, tensors, mapped, header_size)


@dataclass(frozen=True, slots=True)
class Pending:
    """A tensor that is made only when its turn to be written comes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    make: Callable[[], NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def write(
    path: Path, metadata: Mapping[str, str], tensors: Mapping[str, NDArray[Any] | Pending]
) -> None:
    """Write a file in the tensors' order; a temporary file takes the name at the end.

    All tensors but the last must fill multiples of `ALIGNMENT` bytes. Raises CheckpointError when
    the disk refuses, ValueError for tensors that this format does not hold.
    """
    header = _header_bytes(metadata, tensors)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("xb") as file:
                _write_all(file, header, tensors)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise CheckpointError(f"cannot write {path}: {_reason(error)}") from error


def _write_all(
    file: BinaryIO, header: bytes, tensors: Mapping[str, NDArray[Any] | Pending]
) -> None:
    """The header and the tensors, then the digest at its place in the header."""
    digest = hashlib.sha256(header)
    file.write(header)
    for name, tensor in tensors.items():
        data = _bytes_of(tensor.make() if isinstance(tensor, Pending) else tensor)
        if len(data) != tensor.nbytes:
            raise ValueError(f"{name} was to have {tensor.nbytes} bytes, but has {len(data)}")
        digest.update(data)
        file.write(data)
    file.seek(header.index(_NO_DIGEST.encode()))
    file.write(digest.hexdigest().encode())


def _bytes_of(tensor: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data


def _header_bytes(
    metadata: Mapping[str, str], tensors: Mapping[str, NDArray[Any] | Pending]
) -> bytes:
    """The length and the header, padded to the alignment; a digest of zeros comes first."""
    entries: dict[str, Any] = {"__metadata__": {"sha256": _NO_DIGEST, **metadata}}
    end = 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.nbytes
        if begin % ALIGNMENT:
            raise ValueError(f"the tensor before {name} does not fill a multiple of {ALIGNMENT}")
        if tensor.dtype not in _NAMES:
            raise ValueError(f"{name} has the type {tensor.dtype}; only {sorted(_TYPES)} are kept")
        entries[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(_PREFIX + len(text)) % ALIGNMENT)
    return len(text).to_bytes(_PREFIX, "little") + text


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; only POSIX lets a folder be opened for that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _map(path: Path) -> mmap.mmap:
    try:
        # A pipe would block the open, so look at what it is first.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise CheckpointError(f"{path} is a folder: name the .safetensors file inside it")
        if not stat.S_ISREG(mode):
            raise CheckpointError(f"{path} is no regular file: name a .safetensors file")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < _PREFIX:
                raise CheckpointError(f"{path} ends before its header: get a fresh copy of it")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no weights file {path}: check the path") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot read {path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _foreign(path: Path, why: str) -> CheckpointError:
    return CheckpointError(f"{path} is not a quicktype weights file ({why}): choose another file")


def _header(path: Path, mapped: mmap.mmap) -> tuple[int, dict[str, Any]]:
    """Where the tensors begin, and the header as JSON values."""
    length = int.from_bytes(mapped[:_PREFIX], "little")
    if not 2 <= length <= MAX_HEADER:
        raise _foreign(path, "no safetensors header")
    end = _PREFIX + length
    if end > len(mapped):
        raise CheckpointError(f"{path} ends inside its header: get a fresh copy of it")
    try:
        header = json.loads(mapped[_PREFIX:end].decode())
    except (ValueError, RecursionError) as error:
        raise _foreign(path, "its header is no JSON") from error
    if not isinstance(header, dict):
        raise _foreign(path, "its header is no JSON object")
    return end, header


def _is_text_table(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tensor's line in the header; begin and end in bytes after the header."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int

    def view(self, mapped: mmap.mmap, offset: int) -> NDArray[Any]:
        count = math.prod(self.shape)
        flat: NDArray[Any] = np.frombuffer(mapped, self.dtype, count, offset + self.begin)
        return flat.reshape(self.shape)


def _entries(path: Path, header: Mapping[str, Any]) -> Iterator[_Entry]:
    for name, value in header.items():
        try:
            dtype = _TYPES[value["dtype"]]
            shape = tuple(_size(size, least=1) for size in value["shape"])
            begin, end = (_size(offset) for offset in value["data_offsets"])
        except (KeyError, TypeError, ValueError) as error:
            raise _foreign(
                path, f"no entry that can be read for the tensor {name[:80]!r}"
            ) from error
        if not 1 <= len(shape) <= 2 or math.prod(shape) * dtype.itemsize != end - begin:
            raise _foreign(path, f"the tensor {name[:80]!r} has another size than its shape says")
        yield _Entry(name, dtype, shape, begin, end)


def _size(value: object, least: int = 0) -> int:
    if type(value) is not int or not least <= value < 1 << 48:
        raise ValueError("not a size")
    return value


def _check_cover(path: Path, entries: list[_Entry], available: int) -> None:
    """The tensors must lie aligned, without holes, and end where the file ends."""
    end = 0
    for entry in entries:
        if entry.begin != end or entry.begin % ALIGNMENT:
            raise _foreign(path, f"the tensor {entry.name[:80]!r} lies at an odd place")
        end = entry.end
    if end > available:
        raise CheckpointError(
            f"{path} ends early, {end - available} bytes are missing: get a fresh copy of it"
        )
    if end < available:
        raise _foreign(path, f"{available - end} bytes too many")
