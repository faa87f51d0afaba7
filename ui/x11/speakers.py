"""From the messages on a screen to who said what; pure: it can be tried without a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ui.platform.interface import Rect

ME, THEM = "me", "them"
_OWN_NAMES = frozenset(
    {
        "me",
        "you",
        "ich",
        "du",
        "sie",
        "moi",
        "vous",
        "toi",
        "yo",
        "tú",
        "io",
        "tu",
        "ik",
        "jij",
        "jag",
    }
)
"""What chat windows call the person who sits in front of them."""

_TIME = re.compile(
    r"""(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|yesterday)?[\s,]*(?:at\s)?
        (?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?)?[\s,]*
        \d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[ap]\.?m\.?)?""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKS = frozenset({"✓", "✓✓", "read", "seen", "sent", "delivered", "edited", "(edited)"})
_STAMP = r"(?:[\[(]?\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[ap]m)?[\])]?\s+)?"
_LINES = (
    re.compile(_STAMP + r"<[@+%&~ ]?(?P<name>[^\s<>]{1,32})>\s+(?P<text>.+)", re.DOTALL),
    re.compile(_STAMP + r"(?P<name>[^\s:|<>][^:|<>\n]{0,39}?)\s?[:|]\s+(?P<text>.+)", re.DOTALL),
)
_LONGEST_NAME, _MOST_WORDS = 40, 4


@dataclass(frozen=True, slots=True)
class Message:
    """What stands in one message's place: its pieces of text in reading order, and their box."""

    parts: tuple[str, ...]
    box: Rect


@dataclass(frozen=True, slots=True)
class Spoken:
    """A conversation, and which of its speakers is the one who types."""

    conversation: Conversation
    me: str


def who_said_what(messages: Sequence[Message], column: Rect, partner: str) -> Spoken:
    """Tell the speakers apart: by the names that stand there, else by the side of the column."""
    found: list[tuple[str, str, bool]] = []
    for message in messages:
        on_the_right = _on_the_right(message.box, column)
        for name, text in _sayings(message.parts):
            found.append((name, text, on_the_right))
    sides = any(right for *_, right in found) and not all(right for *_, right in found)
    me = _own_name(found, sides=sides)
    turns = []
    for name, text, right in found:
        speaker = name or (me if sides and right else partner or THEM)
        turns.append(Turn(speaker, text))
    return Spoken(Conversation(tuple(turns)), me)


def _own_name(found: Iterable[tuple[str, str, bool]], *, sides: bool) -> str:
    names = {name: right for name, _, right in found if name}
    own = [name for name in names if name.casefold() in _OWN_NAMES]
    if not own and sides:
        own = [name for name, right in names.items() if right]
    return own[0] if own else ME


def _sayings(parts: Sequence[str]) -> list[tuple[str, str]]:
    """The speaker ("" when none is named) and the text of a message, or of each line of a log."""
    words = [clean for part in parts if (clean := _clean(part))]
    if len(words) > 1 and _may_be_name(words[0]):
        return [(words[0].removesuffix(":"), " ".join(words[1:]))]
    lines = [line for word in words for line in word.split("\n") if line.strip()]
    found: list[tuple[str, str]] = []
    for line in lines:
        name, text = _split(line)
        if not name and found and len(lines) > 1 and line[:1].isspace():
            found[-1] = (found[-1][0], f"{found[-1][1]} {text}")
        else:
            found.append((name, text))
    return found


def _split(line: str) -> tuple[str, str]:
    for pattern in _LINES:
        match = pattern.fullmatch(line.strip())
        if match and _may_be_name(match["name"]):
            return match["name"].strip(), match["text"].strip()
    return "", line.strip()


def _clean(part: str) -> str:
    """A piece of text, "" when it is a time or a tick."""
    text = part.replace("\u00a0", " ").strip()
    passing = not text or _TIME.fullmatch(text) or text.casefold() in _MARKS
    return "" if passing else text


def _may_be_name(text: str) -> bool:
    bare = text.removesuffix(":")
    short = len(bare) <= _LONGEST_NAME and len(bare.split()) <= _MOST_WORDS
    return short and not bare.endswith((".", "?", "!", ",", "…")) and "/" not in bare


def _on_the_right(box: Rect, column: Rect) -> bool:
    left = box.x - column.x
    right = column.x + column.width - (box.x + box.width)
    return left > 1.5 * max(right, 0) + 20
