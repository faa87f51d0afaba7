"""Bytes to lines, and messages to lines."""

from __future__ import annotations

import json
from typing import Any, Protocol

MAX_LINE = 1 << 20
"""How many bytes a line may have, its end counted."""


class TooLong:
    """Stands for a line that was longer than allowed; its bytes are gone."""


class _Message(Protocol):
    def to_json(self) -> dict[str, Any]: ...


def encode(message: _Message) -> bytes:
    """The message's line, its end included."""
    return json.dumps(message.to_json(), separators=(",", ":"), allow_nan=False).encode() + b"\n"


class LineReader:
    """Cuts a stream into lines and never holds more than one line of it."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._skipping = False

    @property
    def buffered(self) -> int:
        """How many bytes of an unfinished line are held."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[bytes | TooLong]:
        """The lines that end in `data`, without their ends; empty ones are left out.

        A line that is too long is reported once, as soon as it is, and skipped to its end.
        """
        found: list[bytes | TooLong] = []
        *ended, rest = data.split(b"\n")
        for part in ended:
            self._add(part, found)
            if self._rest.strip():
                found.append(bytes(self._rest))
            self._rest.clear()
            self._skipping = False
        self._add(rest, found)
        return found

    def _add(self, part: bytes, found: list[bytes | TooLong]) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(part) >= self._limit:
            found.append(TooLong())
            self._rest.clear()
            self._skipping = True
        else:
            self._rest += part
