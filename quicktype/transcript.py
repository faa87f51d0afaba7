"""Reads conversations from files: lines ``Name: text``, or turns as JSON or JSONL.

Text::

    Ana: are we still on for dinner tomorrow?
    Ben: yes! what time works for you?
      (I am free from six)

A line that is indented, or that does not begin with a name and a colon, goes on with the message
before it. JSON is an array of ``{"speaker": ..., "text": ...}``, the same objects one a line, or
``{"turns": [...]}``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quicktype.conversation import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES = 16 * 2**20
"""Longer files are refused: no conversation that a model looks at is a thousandth of this."""

_EXPECTED = 'lines like "Ana: see you at eight", or turns as JSON or JSONL'
_MAX_NAME_WORDS = 5
_OPENING = re.compile(r'(?P<name>[^\s:{}"][^:{}"]{0,39}):(?:\s+(?P<text>.*))?', re.DOTALL)
_INDENT = "  "
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x7f]")


class TranscriptError(ValueError):
    """The file is no conversation; the message says where, and what was expected."""


def read(source: str) -> Conversation:
    """The conversation in the file `source`, or on standard input when it is ``-``.

    Raises TranscriptError when there is no such file, or no conversation in it.
    """
    name = "standard input" if source == "-" else source
    try:
        if source == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TranscriptError(f"cannot read {name}: {reason}") from error
    try:
        return parse(data)
    except TranscriptError as error:
        raise TranscriptError(f"{name} is not a conversation: {error}") from error


def parse(data: bytes) -> Conversation:
    """The conversation in a file's bytes; raises TranscriptError when there is none.

    Messages without text are left out. Of a file that holds several conversations, the last counts.
    """
    if len(data) > MAX_BYTES:
        raise TranscriptError(f"it is longer than {MAX_BYTES // 2**20} MiB")
    text = _decode(data)
    return parse_json(text) if _looks_like_json(text) else parse_lines(text)


def parse_lines(text: str) -> Conversation:
    """The conversation in lines ``Name: text``."""
    turns: list[tuple[str, list[str]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        opening = _opening(line)
        if opening:
            turns.append((opening[0], [opening[1]]))
        elif turns:
            turns[-1][1].append(_unindented(line))
        elif line.strip():
            raise TranscriptError(f"line {number} has no speaker; expected {_EXPECTED}")
    return _conversation(Turn(speaker, "\n".join(lines)) for speaker, lines in turns)


def parse_json(text: str) -> Conversation:
    """The conversation in a JSON array of turns, in a JSON conversation, or in JSONL of either."""
    try:
        values = [_load(text)]
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            raise TranscriptError(f"broken JSON: {error}") from error
        values = list(_load_lines(text))
    first = values[0]
    if isinstance(first, list):
        return _conversation(_turn(item, f"turn {i}") for i, item in enumerate(first, start=1))
    if isinstance(first, dict) and "turns" in first:
        return _last_conversation(values)
    return _conversation(_turn(item, f"line {i}") for i, item in enumerate(values, start=1))


def format_lines(conversation: Conversation) -> str:
    """The conversation as lines ``Name: text``, which `parse_lines` reads back.

    Raises TranscriptError when a speaker's name could not be told from the text.
    """
    lines = []
    for turn in conversation.turns:
        first, *rest = turn.text.split("\n")
        line = f"{turn.speaker}: {first}"
        if _opening(line) != (turn.speaker, first):
            raise TranscriptError(f"{turn.speaker!r} cannot stand before a colon as a name")
        lines += [line, *(_INDENT + more if more else "" for more in rest)]
    return "".join(line + "\n" for line in lines)


def replier(conversation: Conversation, fallback: str = "Me") -> str:
    """Who probably types next: whoever spoke last before the last speaker; else `fallback`."""
    turns = conversation.turns
    others = (turn.speaker for turn in reversed(turns) if turn.speaker != turns[-1].speaker)
    return next(others, fallback)


def _decode(data: bytes) -> str:
    mark, encoding = next((m for m in _BYTE_ORDER_MARKS if data.startswith(m[0])), (b"", "utf-8"))
    try:
        text = data.removeprefix(mark).decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte {error.start} is no {encoding.upper()}"
        raise TranscriptError(f"{where}; expected text: {_EXPECTED}") from error
    control = _NOT_IN_TEXT.search(text)
    if control:
        where = f"character {control.start()} is a control character, so this looks binary"
        raise TranscriptError(f"{where}; expected text: {_EXPECTED}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _looks_like_json(text: str) -> bool:
    return re.match(r"\s*(\{|\[\s*(\{|\]|\[|$))", text) is not None


def _opening(line: str) -> tuple[str, str] | None:
    """The speaker and the text of a line that opens a message."""
    match = _OPENING.fullmatch(line)
    if match is None or len(match["name"].split()) > _MAX_NAME_WORDS:
        return None
    return match["name"].rstrip(), match["text"] or ""


def _unindented(line: str) -> str:
    if line.startswith(_INDENT):
        return line.removeprefix(_INDENT)
    return line[1:] if line[:1].isspace() else line


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise TranscriptError(f"JSON nested too deeply; expected {_EXPECTED}") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:  # a number of more digits than Python converts
        raise TranscriptError(f"broken JSON: {error}") from error


def _load_lines(text: str) -> list[Any]:
    values = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                values.append(_load(line))
        except json.JSONDecodeError as error:
            raise TranscriptError(f"line {number} is broken JSON: {error}") from error
    return values


def _last_conversation(values: list[Any]) -> Conversation:
    last = values[-1]
    turns = last.get("turns") if isinstance(last, dict) else None
    if not isinstance(turns, list):
        raise TranscriptError(f'line {len(values)} has no list "turns" as the first has')
    return _conversation(_turn(item, f"turn {i}") for i, item in enumerate(turns, start=1))


def _turn(value: Any, where: str) -> Turn:
    if not isinstance(value, dict):
        raise TranscriptError(f'{where} is not an object {{"speaker": ..., "text": ...}}')
    for field in ("speaker", "text"):
        if not isinstance(value.get(field), str):
            raise TranscriptError(f'{where} lacks the text field "{field}"')
    if not value["speaker"].strip():
        raise TranscriptError(f"{where} has a speaker without a name")
    return Turn(_whole(value["speaker"]), _whole(value["text"]))


def _whole(text: str) -> str:
    """The text with lone surrogates, which JSON escapes can make, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _conversation(turns: Iterable[Turn]) -> Conversation:
    stripped = (Turn(turn.speaker.strip(), turn.text.strip()) for turn in turns)
    return Conversation(tuple(turn for turn in stripped if turn.text))
