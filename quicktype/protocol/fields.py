"""Reading fields of a JSON object that a stranger sent."""

from __future__ import annotations

import json
import math
from enum import StrEnum
from typing import Any, NoReturn

from quicktype.conversation import Conversation, Turn

Id = int | str
"""A client's name for a request."""

Object = dict[str, Any]

_MAX_ID = 1024


class Code(StrEnum):
    """What kind of error a line met."""

    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    BUSY = "busy"
    INTERNAL = "internal"


class ProtocolError(ValueError):
    """A line is no message.

    `id` is the request's, where the line had one that could be read. The text never repeats what
    stood in the line.
    """

    def __init__(self, message: str, code: Code = Code.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.id: Id | None = None


def parse(line: bytes) -> Object:
    """The JSON object of a line; raises ProtocolError."""
    try:
        value = json.loads(line.decode(), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ProtocolError(f"byte {error.start} of the line is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ProtocolError(f"not JSON at character {error.pos}") from None
    except RecursionError:
        raise ProtocolError("the JSON is nested too deeply") from None
    except ValueError:  # NaN, Infinity, or an integer of more digits than Python reads
        raise ProtocolError("the JSON has a number that cannot be read") from None
    if not isinstance(value, dict):
        raise ProtocolError("a line must hold one JSON object")
    return value


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def read_id(value: Object) -> Id | None:
    """The request's id, None where there is none; raises ProtocolError for anything else."""
    name = value.get("id")
    if name is None or (isinstance(name, int) and not isinstance(name, bool)):
        return name
    if not isinstance(name, str) or len(name) > _MAX_ID:
        raise ProtocolError(f"id must be an integer or a text of at most {_MAX_ID} characters")
    return text(value, "id")


def required_id(value: Object) -> Id:
    """The id of a message that must have one."""
    name = read_id(value)
    if name is None:
        raise ProtocolError("id is missing: an integer or a text")
    return name


def text(value: Object, field: str, default: str | None = None) -> str:
    """A text that can be written as UTF-8."""
    found = value.get(field, default)
    if not isinstance(found, str):
        raise ProtocolError(f"{field} must be a text")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise ProtocolError(f"{field} holds half a surrogate pair") from None
    return found


def optional_text(value: Object, field: str) -> str | None:
    """A text, or None where there is none or null."""
    return None if value.get(field) is None else text(value, field)


def integer(value: Object, field: str, default: int | None, low: int, high: int) -> int:
    """An integer from `low` to `high`."""
    found = value.get(field, default)
    if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
        raise ProtocolError(f"{field} must be an integer from {low} to {high}")
    return found


def number(value: Object, field: str) -> float:
    """A finite number that is not negative."""
    found = value.get(field)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise ProtocolError(f"{field} must be a number")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not 0 <= number < math.inf:
        raise ProtocolError(f"{field} must be finite and not negative")
    return number


def flag(value: Object, field: str, *, default: bool) -> bool:
    """True or false."""
    found = value.get(field, default)
    if not isinstance(found, bool):
        raise ProtocolError(f"{field} must be true or false")
    return found


def object_of(value: Object, field: str) -> Object:
    """A JSON object, empty where there is none."""
    found = value.get(field, {})
    if not isinstance(found, dict):
        raise ProtocolError(f"{field} must be an object")
    return found


def list_of(value: Object, field: str) -> list[Object]:
    """A list of JSON objects."""
    found = value.get(field)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ProtocolError(f"{field} must be a list of objects")
    return found


def conversation(value: Object, field: str) -> Conversation:
    """A conversation: a list of turns."""
    return Conversation(
        tuple(Turn(text(turn, "speaker"), text(turn, "text")) for turn in list_of(value, field))
    )


def conversation_json(conversation: Conversation) -> list[Object]:
    """The inverse of `conversation`."""
    return [{"speaker": turn.speaker, "text": turn.text} for turn in conversation.turns]


def without_nothing(**fields: Any) -> Object:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
