"""The marker tokens' ids, and who is `<me>` in a stream of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate


@dataclass(frozen=True, slots=True)
class Markers:
    """Token ids of a prompt template's markers."""

    begin: int
    roles: tuple[int, ...]
    end: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, template: PromptTemplate) -> Markers:
        """Looks the markers up; raises ValueError if one is missing, or if text is among them."""
        names = template.markers
        return cls(
            tokenizer.marker(names.begin),
            tuple(tokenizer.marker(role) for role in names.roles),
            tokenizer.marker(names.end),
        )

    @property
    def unpredicted(self) -> NDArray[np.int64]:
        """Ids that open a text or a turn: given, never predicted."""
        return np.array([self.begin, *self.roles], dtype=np.int64)

    def seen_by(self, speaker: int, vocab: int) -> NDArray[np.int64]:
        """A table [vocab] that turns a stream of speakers by appearance into one speaker's view.

        The stored stream numbers the speakers 0, 1, 2... with the role tokens in their order. Here
        number `speaker` becomes ``<me>``, and the others keep their order of appearance.
        """
        table = np.arange(vocab, dtype=np.int64)
        order = [speaker, *(n for n in range(len(self.roles)) if n != speaker)]
        for place, number in enumerate(order):
            table[self.roles[number]] = self.roles[place]
        return table
