"""What of an answer is worth showing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.suggestion import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

THRESHOLD = 0.5
"""About three of four words above it were right: ``docs/decisions/0002-how-sure-a-word-is.md``."""
_MIN_CHARACTERS = 2


def worth_showing(candidates: Sequence[Candidate], threshold: float = THRESHOLD) -> list[Candidate]:
    """The candidates cut at their last word that is sure enough; empty if the best one is not.

    A lower candidate comes into view only after a typed letter has ruled out those above it, so it
    is judged by its confidence given that they are wrong.
    """
    shown: list[Candidate] = []
    left = 1.0
    for candidate in candidates:
        words = tuple(word for word in candidate.words if word.confidence >= threshold * left)
        worth = len("".join(word.text for word in words)) >= _MIN_CHARACTERS
        if worth:
            shown.append(Candidate(words))
        elif not shown:
            return []
        left = max(0.0, left - candidate.words[0].confidence)
    return shown
