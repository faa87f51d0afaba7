"""Text as words and signs; a token carries the space before it, so that tokens add up to text."""

from __future__ import annotations

import re

_WORD = r"\w+(?:['\u2019-]\w+)*"
_TOKEN = re.compile(rf" ?{_WORD}| ?[^\w\s]+")
_OPEN = re.compile(r"(?: ?\w+(?:['\u2019-]\w*)*| ?[^\w\s]+| )\Z")
_SPACES = re.compile(r"\s+")


def tokens(text: str) -> list[str]:
    """The tokens of a message, the first with a space before it, too."""
    return _TOKEN.findall(_SPACES.sub(" ", " " + text))


def opened(before: str) -> tuple[list[str], str]:
    """The whole tokens before the caret, and what the next token must begin with.

    What stands last is never whole: more letters may come.
    """
    text = _SPACES.sub(" ", " " + before)
    match = _OPEN.search(text)
    start = match.start() if match else len(text)
    return _TOKEN.findall(text[:start]), text[start:]
