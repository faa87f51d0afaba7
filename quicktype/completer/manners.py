"""What no completion must do: go in circles, or say what stands there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKED_BACK = 40
_SIGNS = ".,!?;:\u2026\"'()"
_SENTENCE_ENDS = (".", "!", "?", "\u2026")


def goes_in_circles(text: str) -> bool:
    """Whether the text's last word makes it loop.

    That is: a word a third time on end, two words twice on end, or three words that stood there.
    """
    words = [word.strip(_SIGNS).casefold() for word in text.split()[-_LOOKED_BACK:]]
    if len(words) >= 3 and words[-1] == words[-2] == words[-3]:
        return True
    if len(words) >= 4 and words[-2:] == words[-4:-2]:
        return True
    threes = [words[i : i + 3] for i in range(len(words) - 3)]
    return words[-3:] in threes


def new_words(words: Sequence[str], after: str) -> int:
    """How many words to keep, so that none repeats what stands after the caret."""
    standing = [word.strip(_SIGNS).casefold() for word in after.split()]
    coming = [word.strip().strip(_SIGNS).casefold() for word in words]
    for first in range(len(coming) if standing else 0):
        if all(a == b for a, b in zip(coming[first:], standing, strict=False)):
            return first
    return len(words)


def ends_sentence(text: str) -> bool:
    """Whether a sentence ends with this text."""
    return text.endswith(_SENTENCE_ENDS)


def joined(text: str, after: str) -> str:
    """The end of a completion so that it meets what stands after the caret.

    It gets a space before a word, and loses the punctuation that stands there already.
    """
    if after[:1].isalnum() and not text[-1:].isspace():
        return text + " "
    shorter = text.rstrip(_SIGNS)
    if shorter.strip() and text[len(shorter) :] and after.startswith(text[len(shorter) :]):
        return shorter
    return text
