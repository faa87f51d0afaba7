"""Our engine, doing the work that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.bench import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.session import Branch, Session


class Ours(work.Reader):
    """A session, used as the completer uses it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._root: Branch | None = None
        self._branches: list[Branch] = []
        self.vocab = session.model.config.vocab

    def turn(self, name: str, seed: int) -> list[float]:
        """The seconds that the repetitions of one turn of a work took."""
        return work.turn(self, name, seed)

    def read(self, text: Sequence[int]) -> NDArray[np.float32]:
        """As `work.Reader` says."""
        self._branches = []
        self._root = self._session.prefill(text)
        return self._root.logits

    def branch(self, tokens: Sequence[int]) -> list[NDArray[np.float32]]:
        """As `work.Reader` says."""
        if self._root is None:
            raise ValueError("there is no text to branch from")
        return self._step([(self._root, token) for token in tokens])

    def extend(self, tokens: Sequence[int]) -> list[NDArray[np.float32]]:
        """As `work.Reader` says."""
        return self._step(list(zip(self._branches, tokens, strict=True)))

    def _step(self, steps: list[tuple[Branch, int]]) -> list[NDArray[np.float32]]:
        self._branches = self._session.decode(steps)
        return [branch.logits for branch in self._branches]
