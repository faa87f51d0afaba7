"""The message that is being typed, with the caret in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Key(Enum):
    """What a keystroke does to a draft."""

    TEXT = auto()
    BACKSPACE = auto()
    DELETE = auto()
    DELETE_WORD = auto()
    LEFT = auto()
    RIGHT = auto()
    HOME = auto()
    END = auto()
    SEND = auto()


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key, or a piece of text that goes in at once (`text` is for `Key.TEXT` alone)."""

    key: Key
    text: str = ""

    def __post_init__(self) -> None:
        if bool(self.text) != (self.key is Key.TEXT):
            raise ValueError("a text keystroke carries text, and no other does")

    @classmethod
    def typing(cls, text: str) -> Keystroke:
        """The keystroke that puts `text` in at the caret."""
        return cls(Key.TEXT, text)


@dataclass(frozen=True, slots=True)
class Draft:
    """The text before and after the caret; backspace and arrows move by code points."""

    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """The whole message as it stands."""
        return self.before + self.after

    def apply(self, keystroke: Keystroke) -> Draft:
        """The draft after a key; at an end of the text, keys that go further change nothing."""
        before, after = self.before, self.after
        match keystroke.key:
            case Key.TEXT:
                before += keystroke.text
            case Key.BACKSPACE:
                before = before[:-1]
            case Key.DELETE:
                after = after[1:]
            case Key.DELETE_WORD:
                before = _without_last_word(before)
            case Key.LEFT:
                before, after = before[:-1], before[-1:] + after
            case Key.RIGHT:
                before, after = before + after[:1], after[1:]
            case Key.HOME:
                before, after = "", before + after
            case Key.END:
                before, after = before + after, ""
            case Key.SEND:
                before, after = "", ""
        return Draft(before, after)


def _without_last_word(text: str) -> str:
    """The text without its last word and the spaces behind it, as Ctrl+Backspace leaves it."""
    words = text.rstrip()
    while words and not words[-1].isspace():
        words = words[:-1]
    return words
