"""A GGUF file's metadata and tensors, read strictly: no count or size in it is believed.

Everything is little endian. Layout (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md):
magic, version, counts; metadata (`engine.formats.gguf.metadata`); for each tensor its name, shape,
type and place; then, from the next multiple of the alignment on, the tensors' bytes.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.formats import ggml
from engine.formats.errors import FormatError
from engine.formats.files import mapped
from engine.formats.gguf.metadata import ALIGNMENT, MAGIC, SCALARS, VERSION, ValueType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.formats.ggml import GgmlType

    Value = bool | int | float | str | list[Any]

_OLDEST = 2
_MAX_ENTRIES = 1 << 16
_MAX_ELEMENTS = 1 << 21
_MAX_STRING = 1 << 22
_MAX_SIZE = 1 << 31
_MAX_ALIGNMENT = 1 << 16


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as it lies in the file: `shape` has rows first, `data` is ``[rows, row_bytes]``."""

    shape: tuple[int, ...]
    type: GgmlType
    data: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class GgufFile:
    """Metadata by key, tensors by name."""

    path: Path
    metadata: Mapping[str, Value]
    tensors: Mapping[str, Tensor]


def read(path: Path) -> GgufFile:
    """Map a file and find what is in it; raises FormatError."""
    reader = _Reader(path, mapped(path))
    tensor_count, value_count = reader.counts()
    metadata: dict[str, Value] = {}
    for _ in range(value_count):
        key = reader.string()
        if key in metadata:
            raise reader.broken(f"it says {key[:80]!r} twice")
        metadata[key] = reader.value()
    tensors = reader.tensors(tensor_count, metadata.get("general.alignment", ALIGNMENT))
    return GgufFile(path, metadata, tensors)


class _Reader:
    """Reads from the front of a file on; every step checks that the bytes are there."""

    def __init__(self, path: Path, data: NDArray[np.uint8]) -> None:
        self.path = path
        self.data = data
        self.place = 0

    def broken(self, why: str) -> FormatError:
        return FormatError(f"{self.path} is damaged or no GGUF model, {why}: get a fresh copy")

    def counts(self) -> tuple[int, int]:
        """How many tensors and values there are, after the magic and the version."""
        if self._take(len(MAGIC)) != MAGIC:
            raise self.broken("it does not begin as one")
        version = self._number("I")
        if version not in range(_OLDEST, VERSION + 1):
            raise FormatError(
                f"{self.path} is GGUF of another kind (version {version}, this program reads "
                f"{_OLDEST} and {VERSION}, little endian): convert the model anew"
            )
        tensors, values = self._number("Q"), self._number("Q")
        if max(tensors, values) > _MAX_ENTRIES:
            raise self.broken("it claims too many entries")
        return tensors, values

    def string(self) -> str:
        length = self._number("Q")
        if length > _MAX_STRING:
            raise self.broken("it claims a text of that many bytes")
        # Names of old vocabularies hold pieces of characters.
        return self._take(length).decode("utf-8", errors="surrogateescape")

    def value(self) -> Value:
        kind = self._type()
        if kind is not ValueType.ARRAY:
            return self._scalar(kind)
        kind, count = self._type(), self._number("Q")
        if kind is ValueType.ARRAY or count > _MAX_ELEMENTS:
            raise self.broken("it claims a list that no model has")
        if kind is ValueType.STRING:
            return [self.string() for _ in range(count)]
        letter = SCALARS[kind]
        return list(
            struct.unpack(f"<{count}{letter}", self._take(count * struct.calcsize("<" + letter)))
        )

    def tensors(self, count: int, alignment: Value) -> dict[str, Tensor]:
        if type(alignment) is not int or not 8 <= alignment <= _MAX_ALIGNMENT or alignment % 8:
            raise self.broken("its alignment is none")
        entries = [self._tensor_entry() for _ in range(count)]
        start = self.place + -self.place % alignment
        tensors: dict[str, Tensor] = {}
        for name, shape, kind, offset in entries:
            if name in tensors or offset % alignment:
                raise self.broken(f"its tensor {name[:80]!r} lies at an odd place")
            rows, row_bytes = math.prod(shape[:-1]), kind.row_bytes(shape[-1])
            begin, size = start + offset, rows * row_bytes
            if begin + size > len(self.data):
                raise FormatError(f"{self.path} ends before {name[:80]!r} does: get a fresh copy")
            tensors[name] = Tensor(
                shape, kind, self.data[begin : begin + size].reshape(rows, row_bytes)
            )
        return tensors

    def _tensor_entry(self) -> tuple[str, tuple[int, ...], GgmlType, int]:
        name, dimensions = self.string(), self._number("I")
        if not 1 <= dimensions <= 4:
            raise self.broken(f"its tensor {name[:80]!r} has {dimensions} dimensions")
        shape = tuple(self._number("Q") for _ in range(dimensions))[::-1]
        code, offset = self._number("I"), self._number("Q")
        if not all(0 < size <= _MAX_SIZE for size in shape):
            raise self.broken(f"its tensor {name[:80]!r} claims an impossible size")
        kind = ggml.READABLE.get(code)
        if kind is None:
            raise FormatError(
                f"{self.path} keeps {name[:80]} as {ggml.OTHERS.get(code, f'type {code}')}, which "
                "this program does not read: take the model in F16, Q8_0, Q4_1 or Q4_0"
            )
        if shape[-1] % kind.group:
            raise self.broken(f"its tensor {name[:80]!r} does not fill its groups")
        return name, shape, kind, offset

    def _type(self) -> ValueType:
        number = self._number("I")
        try:
            return ValueType(number)
        except ValueError as error:
            raise self.broken(f"it has a value of the unknown type {number}") from error

    def _scalar(self, kind: ValueType) -> Value:
        if kind is ValueType.STRING:
            return self.string()
        letter = SCALARS[kind]
        value: bool | int | float = struct.unpack(
            f"<{letter}", self._take(struct.calcsize("<" + letter))
        )[0]
        return value

    def _number(self, letter: str) -> int:
        number: int = struct.unpack(f"<{letter}", self._take(struct.calcsize("<" + letter)))[0]
        return number

    def _take(self, size: int) -> bytes:
        begin, self.place = self.place, self.place + size
        if self.place > len(self.data):
            raise FormatError(f"{self.path} ends early: get a fresh copy of it")
        return self.data[begin : self.place].tobytes()
