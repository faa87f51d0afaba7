"""The messages that are typed again: a fixed sample of conversations on disk."""

from __future__ import annotations

import hashlib
import json
import lzma
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from quicktype.conversation import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_MIN_WORDS, _MAX_WORDS = 2, 40


class DataError(ValueError):
    """A file holds no conversations that could be typed again; the message is one line."""


@dataclass(frozen=True, slots=True)
class Case:
    """One message: who typed it, and what stood before it.

    `slice` is the file it comes from and `chat` the conversation in it.
    """

    slice: str
    chat: str
    number: int
    conversation: Conversation
    speaker: str
    text: str


def sample(paths: Iterable[Path], per_file: int | None = 100) -> list[Case]:
    """Of each file the first messages of 2 to 40 words, in order of a hash of their id.

    They have something before them, unless no message in the file has. `per_file` None takes all.
    Raises DataError.
    """
    cases = []
    for path in paths:
        found = list(_messages(path))
        if not found:
            raise DataError(f"{path} has no message of {_MIN_WORDS} to {_MAX_WORDS} words")
        answers = [case for case in found if case.conversation.turns]
        cases += sorted(answers or found, key=_place)[:per_file]
    return cases


def in_order_of_time(path: Path, per_file: int | None = None) -> list[Case]:
    """All messages of a file that have something before them, as they were sent."""
    return [case for case in _messages(path) if case.conversation.turns][:per_file]


def _place(case: Case) -> str:
    return hashlib.sha256(f"{case.slice}/{case.chat}/{case.number}".encode()).hexdigest()


def _messages(path: Path) -> Iterator[Case]:
    name = path.name.split(".")[0]
    for chat, turns in _chats(path):
        for number, turn in enumerate(turns):
            if _MIN_WORDS <= len(turn.text.split()) <= _MAX_WORDS:
                before = Conversation(tuple(turns[:number]))
                yield Case(name, chat, number, before, turn.speaker, turn.text)


def _chats(path: Path) -> Iterator[tuple[str, Sequence[Turn]]]:
    """The conversations of a file: one a line, as JSON with `turns` and an `id`."""
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _chat(line, f"line {number} of {path}", str(number))
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _chat(line: str, where: str, fallback: str) -> tuple[str, Sequence[Turn]]:
    try:
        value: Any = json.loads(line)
        turns = tuple(Turn(str(t["speaker"]), str(t["text"]).strip()) for t in value["turns"])
        return str(value.get("id", fallback)), tuple(turn for turn in turns if turn.text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f'{where} is no conversation: expected {{"id": ..., "turns": [{{"speaker": ..., '
            '"text": ...}]}'
        ) from error
