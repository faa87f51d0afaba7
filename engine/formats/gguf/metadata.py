"""GGUF's metadata: names with typed values, as bytes and back.

A value's type is a number of 4 bytes; strings and arrays are preceded by their length, 8 bytes.
Everything is little endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"GGUF"
VERSION = 3
ALIGNMENT = 32
"""Where tensors begin, unless ``general.alignment`` says otherwise."""


class ValueType(IntEnum):
    """The numbers of the value types."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12


SCALARS = {
    ValueType.UINT8: "B",
    ValueType.INT8: "b",
    ValueType.UINT16: "H",
    ValueType.INT16: "h",
    ValueType.UINT32: "I",
    ValueType.INT32: "i",
    ValueType.FLOAT32: "f",
    ValueType.BOOL: "?",
    ValueType.UINT64: "Q",
    ValueType.INT64: "q",
    ValueType.FLOAT64: "d",
}
"""The types of one number, with their letter for `struct`."""


class Array(NamedTuple):
    """Values of one type."""

    type: ValueType
    values: Sequence[float] | Sequence[str]


Value = bool | int | float | str | Array
"""What is written; an int becomes UINT32, a float FLOAT32."""


def string_bytes(text: str) -> bytes:
    """A string with its length."""
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value_bytes(value: Value) -> bytes:
    """A value with its type."""
    match value:
        case bool():
            return struct.pack("<I?", ValueType.BOOL, value)
        case int():
            return struct.pack("<II", ValueType.UINT32, value)
        case float():
            return struct.pack("<If", ValueType.FLOAT32, value)
        case str():
            return struct.pack("<I", ValueType.STRING) + string_bytes(value)
    head = struct.pack("<IIQ", ValueType.ARRAY, value.type, len(value.values))
    if value.type is ValueType.STRING:
        return head + b"".join(map(string_bytes, map(str, value.values)))
    return head + struct.pack(f"<{len(value.values)}{SCALARS[value.type]}", *value.values)
