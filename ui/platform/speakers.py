"""From the messages on a screen to who said what; pure: it can be tried without a screen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation, Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.platform.interface import Rect

ME, THEM = "me", "them"
_OWN_NAMES = frozenset(
    {
        "me", "you", "ich", "du", "sie", "moi", "vous", "toi", "yo", "t\u00fa", "io", "tu", "ik",
        "jij", "jag",
    }
)  # fmt: skip
"""What chat windows call the person who sits in front of them."""

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|yesterday"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = (
    rf"(?:{_DAY})?[\s,]*(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}[./]\d{{1,2}}(?:[./](?:\d{{2,4}})?)?"
    rf"|(?:{_MONTH}\s\d{{1,2}}|\d{{1,2}}\.?\s{_MONTH})(?:,?\s\d{{4}})?)?"
)
_CLOCK = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:\s?[ap]\.?m\.?)?"
_FULL_DATE = rf"(?:(?:{_DAY}),?\s)?(?:{_MONTH}\s\d{{1,2}}|\d{{1,2}}\.?\s{_MONTH}),?\s\d{{4}}"
_TIME = re.compile(rf"{_DATE}[\s,]*(?:at\s)?{_CLOCK}|{_FULL_DATE}", re.IGNORECASE)
"""A time, or a whole date; a day alone may be an answer."""
_TIME_BEHIND = re.compile(
    rf"[\s,|\u2013\u2014\u00b7\u2022-]+{_DATE}[\s,]*(?:at\s)?{_CLOCK}$", re.IGNORECASE
)
_MARKS = frozenset(
    {
        "\u2713", "\u2713\u2713", "read", "seen", "sent", "delivered", "edited", "(edited)",
        "new messages", "new", "unread messages",
    }
)  # fmt: skip
_OPENINGS = frozenset(
    {
        "yes", "no", "ok", "okay", "hi", "hello", "hey", "thanks", "thank you", "lol", "haha",
        "sure", "nice", "great", "cool", "good morning", "good night", "sorry", "please",
        "well", "right",
    }
)  # fmt: skip
"""Short paragraphs that are no names, though they stand over another one."""
_COMINGS = re.compile(
    r"(?:\S+ (?:\([^)]*\) )?)?(?:have |has )?(?:now )?"
    r"(?:joined|left|quit|parted|entered|is now known as|connected to|disconnected)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_STAMP = rf"(?:[\[(]{_DATE}[\s,]*(?:at\s)?{_CLOCK}(?:\s[A-Z]{{2,4}})?[\])]|{_CLOCK}\b|\[{_DATE}\])"
_STAMPS = re.compile(rf"(?:{_STAMP}\s*)+", re.IGNORECASE)
_IN_ANGLES = re.compile(r"<[@+%&~ ]?(?P<name>[^\s<>]{1,32})>\s+(?P<text>.+)", re.DOTALL)
_WITH_COLON = re.compile(r"(?P<name>[^\s:|<>][^:|<>\n]{0,39}?)\s?[:|]\s+(?P<text>.+)", re.DOTALL)
_SENT = re.compile(r"\s+(?:sent|said|says|wrote)$", re.IGNORECASE)
_LONGEST_NAME, _MOST_WORDS = 40, 4
_SURELY_OURS = 4
"""So long must a text be that tells who we are, once it stands there as somebody's."""


class Side(Enum):
    """Where in its column a message stands."""

    LEFT = auto()
    CENTRE = auto()
    RIGHT = auto()


@dataclass(frozen=True, slots=True)
class Message:
    """What stands in one message's place: its pieces of text in reading order, and their box."""

    parts: tuple[str, ...]
    box: Rect
    head: str = ""
    """A name that stands over it as a heading or a button."""
    log: bool = False
    """It is a whole log, with one message a line."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is known of the person who types."""

    beside: tuple[str, ...] = ()
    """Names that stand beside the field: some apps show there as whom one writes."""
    sent: tuple[str, ...] = ()
    """What was typed into the field and then sent, and was not to be read before."""
    name: str = ""
    """How they were called the last time that something of theirs was recognised."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A conversation, and which of its speakers is the one who types."""

    conversation: Conversation
    me: str


@dataclass(slots=True)
class _Saying:
    name: str
    text: str
    side: Side


def who_said_what(
    messages: Sequence[Message], column: Rect, partner: str, own: Own | None = None
) -> Spoken:
    """Tell the speakers apart: by the names that stand there, else by the side of the column."""
    places = _sides([message.box for message in messages], column)
    pattern = _style([part for m in messages for part in m.parts if not m.head], partner)
    found = [
        _Saying(name, text, side)
        for message, side in zip(messages, places, strict=True)
        if side is not Side.CENTRE
        for name, text in _sayings(message, pattern)
    ]
    sides = {saying.side for saying in found} == {Side.LEFT, Side.RIGHT}
    me = _own_name(found, own or Own(), sides=sides)
    _give_names(found, me, partner or THEM, sides=sides)
    return Spoken(Conversation(tuple(Turn(said.name, said.text) for said in found)), me)


def _give_names(found: Sequence[_Saying], me: str, partner: str, *, sides: bool) -> None:
    """Messages without a name belong to the one before them, or to a side."""
    last: _Saying | None = None
    for saying in found:
        if not saying.name:
            if sides and saying.side is Side.RIGHT:
                saying.name = me
            elif last is not None and last.side is saying.side:
                saying.name = last.name
            else:
                saying.name = partner
        last = saying


def _own_name(found: Sequence[_Saying], own: Own, *, sides: bool) -> str:
    """What the person who types is called here: ME when nothing tells."""
    names = list(dict.fromkeys(saying.name for saying in found if saying.name))
    if called := [name for name in names if name.casefold() in _OWN_NAMES]:
        return called[0]
    texts = {text for text in own.sent if len(text) >= _SURELY_OURS}
    senders = {saying.name for saying in found if saying.text in texts and saying.name}
    if len(senders) == 1:
        return senders.pop()
    beside = {name.casefold() for name in (*own.beside, own.name)}
    if written := [name for name in names if name.casefold() in beside]:
        return written[0]
    there = [saying.name for saying in found if saying.name and saying.side is Side.RIGHT]
    return there[0] if sides and there else own.name or ME


def _sides(boxes: Sequence[Rect], column: Rect) -> list[Side]:
    """Which message stands where; what is centred (as notices are) only where little is."""
    margins = [
        (max(0, box.x - column.x), max(0, column.x + column.width - box.x - box.width))
        for box in boxes
    ]
    around = min((min(margin) for margin in margins), default=0)
    width = column.width - 2 * around
    found = [_side(left - around, right - around, width) for left, right in margins]
    centred = found.count(Side.CENTRE)
    if 2 * centred > len(found):
        return [Side.LEFT if side is Side.CENTRE else side for side in found]
    return found


def _side(left: int, right: int, width: int) -> Side:
    if min(left, right) > 0.1 * width and abs(left - right) < 0.1 * width:
        return Side.CENTRE
    return Side.RIGHT if left > 1.5 * right + 20 else Side.LEFT


def _style(parts: Sequence[str], partner: str) -> re.Pattern[str] | None:
    """How the lines of this place name their speakers: one way for all of them."""
    lines = [_STAMPS.sub("", line, count=1) for part in parts for line in _lines(part)]
    if any(_IN_ANGLES.fullmatch(line) for line in lines):
        return _IN_ANGLES
    named = [match["name"] for line in lines if (match := _WITH_COLON.fullmatch(line))]
    if 2 * sum(map(_may_be_name, named)) >= len(lines) > 0:
        return _WITH_COLON
    names = "|".join(re.escape(name) for name in (partner, *sorted(_OWN_NAMES)) if name)
    in_front = re.compile(rf"(?P<name>{names})\s+(?P<text>.+)", re.IGNORECASE | re.DOTALL)
    both = partner and len(lines) > 1 and all(in_front.fullmatch(line.strip()) for line in lines)
    return in_front if both else None


def _sayings(message: Message, pattern: re.Pattern[str] | None) -> list[tuple[str, str]]:
    """The speaker ("" when none is named) and the text of a message, or of each line of a log."""
    words = [clean for part in message.parts if (clean := _clean(part))]
    if message.head:
        return [(_bare(message.head), " ".join(words))] if words else []
    if len(words) > 1 and _may_be_name(_bare(words[0])):
        return [(_bare(words[0]), " ".join(words[1:]))]
    lines = [line for word in words for line in _lines(word)]
    if pattern is None:
        if message.log:
            return []
        text = " ".join(words)
        return [("", text)] if text and not _COMINGS.fullmatch(text) else []
    return _log(lines, pattern)


def _log(lines: Sequence[str], pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """A text with one message a line; what the app itself says between them is left out."""
    found: list[tuple[str, str]] = []
    for line in lines:
        text = _STAMPS.sub("", line, count=1).strip() if _STAMPS.match(line) else line.strip()
        match = pattern.fullmatch(text)
        if match and _may_be_name(match["name"]):
            found.append((match["name"].strip(), match["text"].strip()))
        elif _is_said(line, text) and found and len(lines) > 1:
            found[-1] = (found[-1][0], f"{found[-1][1]} {text}")
        elif len(lines) == 1 and _is_said(line, text):
            found.append(("", text))
    return found


def _is_said(line: str, text: str) -> bool:
    """Whether a line without a name goes on with what was said: it has no time, and no sign."""
    return text == line.strip() and text[:1] not in {"*", "-", "=", "\u2192", "\u2190", "\u2022"}


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _clean(part: str) -> str:
    """A piece of text, "" when it is a time or a tick."""
    return "" if is_passing(part) else part.replace("\u00a0", " ").strip()


def is_passing(part: str) -> bool:
    """Whether a piece of text is not said by anybody: a time, a tick, nothing at all."""
    text = part.replace("\u00a0", " ").strip()
    return not text or bool(_TIME.fullmatch(text)) or text.casefold() in _MARKS


def _bare(head: str) -> str:
    """A name without what stands behind it: `Maria - Today at 10:30`, `maria:`, `Maria sent`."""
    name = _TIME_BEHIND.sub("", head.replace("\u00a0", " ").strip())
    return _SENT.sub("", name.removesuffix(":")).strip()


def _may_be_name(text: str) -> bool:
    short = 0 < len(text) <= _LONGEST_NAME and len(text.split()) <= _MOST_WORDS
    told = any(map(str.isalnum, text)) and text.casefold() not in _OPENINGS
    return short and told and not text.endswith((".", "?", "!", ",", "\u2026")) and "/" not in text
