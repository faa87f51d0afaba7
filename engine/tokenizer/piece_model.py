"""SentencePiece's model file, a protocol-buffers message, read and written.

Of ``sentencepiece_model.proto`` (https://github.com/google/sentencepiece) only what decides how
text becomes tokens is kept: the pieces, and a few fields of the trainer's and the normaliser's
settings. Reading is linear in the file's size, and trusts no length in it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.tokenizer.base import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BPE = 2
"""The number of the algorithm that joins the pair with the best score (1 is unigram)."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_NO_ID = (1 << 64) - 1  # -1 as protocol buffers write it


class PieceType(IntEnum):
    """What a piece is; GGUF has taken over the numbers."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


class Piece(NamedTuple):
    """A token: its text with U+2581 for spaces, its score, and its type."""

    text: str
    score: float
    type: int

    @property
    def is_marker(self) -> bool:
        """Whether it stands for no text; markers of chat formats come as user-defined ``<...>``."""
        if self.type == PieceType.USER_DEFINED:
            return len(self.text) > 2 and self.text[0] == "<" and self.text[-1] == ">"
        return self.type in (PieceType.CONTROL, PieceType.UNKNOWN, PieceType.UNUSED)


@dataclass(frozen=True, slots=True)
class PieceModel:
    """A SentencePiece model; the ids are None where there is no such token."""

    pieces: tuple[Piece, ...]
    algorithm: int = BPE
    unknown: int = 0
    begin: int | None = 1
    end: int | None = 2
    opens_with_space: bool = True
    trims_spaces: bool = False
    normalises: bool = False
    """Whether characters are replaced by others before anything else."""

    def to_bytes(self) -> bytes:
        """The file of a model that leaves characters as they are."""
        pieces = b"".join(_field(1, _piece_bytes(piece)) for piece in self.pieces)
        has_bytes = any(piece.type == PieceType.BYTE for piece in self.pieces)
        ids = {40: self.unknown, 41: self.begin, 42: self.end, 43: None}
        trainer = _number(3, self.algorithm) + _number(4, len(self.pieces)) + _number(35, has_bytes)
        trainer += b"".join(
            _number(field, _NO_ID if token is None else token) for field, token in ids.items()
        )
        normalizer = _field(1, b"identity") + _number(3, self.opens_with_space)
        normalizer += _number(4, self.trims_spaces) + _number(5, 1)
        return pieces + _field(2, trainer) + _field(3, normalizer)


def nameless(vocab: int) -> PieceModel:
    """A vocabulary of so many names that no text contains, for models that have no tokenizer."""
    special = [
        Piece("<unk>", 0.0, PieceType.UNKNOWN),
        Piece("<s>", 0.0, PieceType.CONTROL),
        Piece("</s>", 0.0, PieceType.CONTROL),
    ]
    bytes_ = [Piece(f"<0x{byte:02X}>", 0.0, PieceType.BYTE) for byte in range(256)]
    others = [Piece(f"\ue000{token}", 0.0, PieceType.NORMAL) for token in range(vocab)]
    return PieceModel(tuple([*special, *bytes_, *others][:vocab]))


def extended(data: bytes, pieces: Iterable[Piece]) -> bytes:
    """A model file with more pieces at its end: a message's fields may come in any order."""
    return data + b"".join(_field(1, _piece_bytes(piece)) for piece in pieces)


def blind_to_markers(data: bytes) -> bytes:
    """The same model file, but user-defined markers are control tokens, not to be found in text."""
    out = bytearray()
    for field, value in _fields(data):
        if isinstance(value, int):
            out += _number(field, value)
        elif field == 1 and (piece := _piece(value)).is_marker:
            control = PieceType.CONTROL if piece.type == PieceType.USER_DEFINED else piece.type
            out += _field(1, _piece_bytes(piece._replace(type=control)))
        else:
            out += _field(field, value)
    return bytes(out)


def read(data: bytes) -> PieceModel:
    """Read a model file; raises TokenizerError when it is none."""
    pieces: list[Piece] = []
    trainer: dict[int, int | bytes] = {}
    normalizer: dict[int, int | bytes] = {}
    try:
        for field, value in _fields(data):
            if field == 1:
                pieces.append(_piece(_expect_bytes(value)))
            elif field == 2:
                trainer = dict(_fields(_expect_bytes(value)))
            elif field == 3:
                normalizer = dict(_fields(_expect_bytes(value)))
    except (ValueError, IndexError, struct.error) as error:
        raise TokenizerError(f"not a SentencePiece model: {error}") from error
    if not pieces:
        raise TokenizerError("not a SentencePiece model: it has no pieces")
    return PieceModel(
        tuple(pieces),
        algorithm=_int(trainer, 3, 1),
        unknown=_int(trainer, 40, 0),
        begin=_id(trainer, 41, 1, len(pieces)),
        end=_id(trainer, 42, 2, len(pieces)),
        opens_with_space=bool(_int(normalizer, 3, 1)),
        trims_spaces=bool(_int(normalizer, 4, 1)),
        normalises=bool(normalizer.get(2)),
    )


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in order: numbers as int, everything else as bytes."""
    place, size = 0, len(data)
    while place < size:
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, place = _varint(data, place)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("it has a field of an unknown kind")
        if length > size - place:
            raise ValueError("it ends inside a field")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """The number at `place`, seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("it has a number of more than 64 bits")


def _piece(data: bytes) -> Piece:
    values = dict(_fields(data))
    text = _expect_bytes(values.get(1, b"")).decode()
    (score,) = struct.unpack("<f", _expect_bytes(values.get(2, bytes(4))))
    return Piece(text, score, _int(values, 3, PieceType.NORMAL))


def _expect_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("it has a number where bytes belong")  # noqa: TRY004 - bad data, no bug
    return value


def _int(values: dict[int, int | bytes], field: int, default: int) -> int:
    value = values.get(field, default)
    if not isinstance(value, int):
        raise TokenizerError("not a SentencePiece model: it has bytes where a number belongs")
    return value


def _id(values: dict[int, int | bytes], field: int, default: int, vocab: int) -> int | None:
    token = _int(values, field, default)
    return token if token < vocab else None


def _number(field: int, value: int) -> bytes:
    return _varint_bytes(field << 3 | _VARINT) + _varint_bytes(value)


def _field(field: int, value: bytes) -> bytes:
    return _varint_bytes(field << 3 | _BYTES) + _varint_bytes(len(value)) + value


def _varint_bytes(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _piece_bytes(piece: Piece) -> bytes:
    score = _varint_bytes(2 << 3 | _FIXED32) + struct.pack("<f", piece.score)
    return _field(1, piece.text.encode()) + score + _number(3, piece.type)
