"""A simulated user, who types a message and takes what is right of what is shown.

The rules, so that figures can be compared: at each caret the best candidate is shown, cut at its
last word that is sure enough. Its *head* is the longest run of whole words of it that the message
goes on with, of at least two characters. The user takes every head, with one key if all that is
shown is right, else with one key a word; otherwise one key types the next letter. Enter is one key.
A show is new when its line, typed and shown, is another than that of the show before: who types
along a suggestion sees no new one.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from quicktype.completer.gate import worth_showing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quicktype.evaluation.answers import Answer
    from quicktype.suggestion import Candidate

_MIN_HEAD = 2


@dataclass(slots=True)
class Tally:
    """What was counted while messages were typed; all sums."""

    characters: int = 0
    """With Enter."""
    keys: int = 0
    carets: int = 0
    shown: int = 0
    """Carets with something shown."""
    right_shows: int = 0
    """New shows with a head."""
    wrong_shows: int = 0
    words_shown: int = 0
    """In new shows."""
    words_right: int = 0
    followed: int = 0
    """Letters typed that the suggestion shown before them had foreseen."""
    flickered: int = 0
    """Of these, those after which another line was shown."""

    def as_array(self) -> NDArray[np.float64]:
        """The sums, [fields]."""
        return np.array(astuple(self), dtype=np.float64)


FIELDS = tuple(field.name for field in fields(Tally))


def typed(text: str, answers: Sequence[Answer], threshold: float) -> Tally:
    """What a user does who types `text` and is shown words that are at least so sure."""
    tally = Tally(characters=len(text) + 1, keys=1)
    shown = [_shown(answer, threshold) for answer in answers]
    caret, last = 0, ""
    while caret < len(text):
        tally.carets += 1
        candidate = shown[caret]
        if candidate is None:
            tally.keys += 1
            caret += 1
            continue
        words = right_words(candidate, text[caret:], _MIN_HEAD)
        line = text[:caret] + candidate.text
        if line != last:
            _count_show(tally, candidate, words)
        tally.shown += 1
        last = line
        step = len(candidate.head(words)) or 1
        tally.keys += 1 if words in (0, len(candidate.words)) else words
        caret += step
        if not words and caret < len(text) and text.startswith(line[:caret]):
            tally.followed += 1
            following = shown[caret]
            tally.flickered += following is not None and text[:caret] + following.text != line
    return tally


def right_words(candidate: Candidate, rest: str, least: int = 1) -> int:
    """How many words of a suggestion are right, and have so many characters.

    `rest` is what the message goes on with; where a word ends, it must end a word there, too.
    """
    right, position = 0, 0
    for number, word in enumerate(candidate.words, start=1):
        if not rest.startswith(word.text, position):
            break
        position += len(word.text)
        if position >= least and _ends_word(rest, position):
            right = number
    return right


def _ends_word(text: str, position: int) -> bool:
    """Whether no word goes on over a place in a text."""
    return not (text[position - 1].isalnum() and text[position : position + 1].isalnum())


def _shown(answer: Answer, threshold: float) -> Candidate | None:
    """What stands at the caret: the very rule of the program."""
    if answer.candidate is None or answer.held_back:
        return None
    shown = worth_showing([answer.candidate], threshold)
    return shown[0] if shown else None


def _count_show(tally: Tally, candidate: Candidate, right: int) -> None:
    tally.right_shows += right > 0
    tally.wrong_shows += right == 0
    tally.words_shown += len(candidate.words)
    tally.words_right += right
