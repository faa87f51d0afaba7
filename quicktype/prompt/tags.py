"""Finds what a reader must never see: tags such as ``[/INST]`` or ``Sarah:`` in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tags:
    """The tags of a template, to be found in text in which a model or a person wrote them.

    A name counts as a tag only where a word begins ("Tom:" is none in "Atom:"), unless
    `inside_words` it counts too.
    """

    def __init__(self, tags: Iterable[str], *, inside_words: bool = False) -> None:
        self.texts = tuple(tags)
        longest_first = sorted(self.texts, key=len, reverse=True)
        patterns = (re.escape(t) if inside_words else _pattern(t) for t in longest_first)
        self._any = re.compile("|".join(patterns) or r"(?!)")

    def split(self, text: str) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is a tag."""
        pieces, place = [], 0
        for match in self._any.finditer(text):
            pieces += [(text[place : match.start()], False), (match.group(), True)]
            place = match.end()
        return [(piece, is_tag) for piece, is_tag in [*pieces, (text[place:], False)] if piece]

    def find(self, text: str, start: int = 0) -> int | None:
        """Where the first tag begins that ends behind `start`; None if there is none."""
        for match in self._any.finditer(text):
            if match.end() > start:
                return match.start()
        return None

    def begun(self, text: str) -> int:
        """How many characters at the text's end may be the beginning of a tag."""
        longest = 0
        for tag in self.texts:
            for length in range(min(len(tag) - 1, len(text)), longest, -1):
                if text.endswith(tag[:length]) and not _inside_word(text, length, tag):
                    longest = length
                    break
        return longest


def _pattern(tag: str) -> str:
    return (r"(?<!\w)" if tag[0].isalnum() else "") + re.escape(tag)


def _inside_word(text: str, length: int, tag: str) -> bool:
    before = text[-length - 1 : -length]
    return tag[0].isalnum() and (before.isalnum() or before == "_")
