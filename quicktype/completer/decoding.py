"""Passes of several branches through a model, each with its next token's probabilities."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.session import Cancelled
from quicktype.completer.request import Reason
from quicktype.completer.vocabulary import Kind
from quicktype.protocol import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.session import Branch, Session
    from quicktype.completer.vocabulary import Vocabulary


class Stopped(Exception):  # noqa: N818 - an interruption, not an error
    """The request was cancelled or ran out of time; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Next:
    """What may follow a text: each token's probability [vocab], and each kind's [`Kind.NEVER`]."""

    tokens: NDArray[np.float32]
    kinds: NDArray[np.float32]

    @property
    def word_ends(self) -> float:
        """The probability that the word is over: a space, a sign or the message's end comes."""
        return float(self.kinds[Kind.PUNCTUATES] + self.kinds[Kind.SPACES] + self.kinds[Kind.ENDS])

    def of(self, kind: Kind) -> float:
        """The probability of a kind of token."""
        return float(self.kinds[kind])

    def finishes_tag(self, vocabulary: Vocabulary, text: str) -> float:
        """The probability that the next token makes a tag of the end of `text`."""
        tokens = vocabulary.finishing(text)
        return 0.0 if tokens is None else float(self.tokens[tokens].sum())

    def best(self, vocabulary: Vocabulary, kind: Kind) -> tuple[int, float]:
        """The most probable token of a kind, and its probability."""
        token = int(np.argmax(self.tokens * vocabulary.steps[kind]))
        return token, float(self.tokens[token] * vocabulary.steps[kind, token])


@dataclass(frozen=True, slots=True)
class Read:
    """A text that the model has read."""

    branch: Branch
    next: Next


class Reader:
    """Runs one request's passes on a session: asks before each whether to go on, counts, clocks.

    A branch goes back to the session once nobody refers to its `Read` any more.
    """

    def __init__(
        self,
        session: Session,
        vocabulary: Vocabulary,
        deadline_ms: float | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.passes = 0
        self._session = session
        self._vocabulary = vocabulary
        self._cancelled = cancelled
        self._begun = time.perf_counter()
        self._deadline = None if deadline_ms is None else self._begun + deadline_ms / 1000
        self._prefilled = self._begun
        self._prompt_tokens = self._reused_tokens = self._decoded_tokens = 0

    def prefill(self, tokens: Sequence[int]) -> Read:
        """Read a prompt, as much of it as is not in the cache. Raises Stopped."""
        self._prompt_tokens = len(tokens)
        self._ask()
        try:
            branch = self._session.prefill(tokens, cancelled=self._is_over)
        except Cancelled as error:
            raise Stopped(self._reason() or Reason.CANCELLED) from error
        finally:
            self._prefilled = time.perf_counter()
        self._reused_tokens = branch.reused
        return Read(branch, self._distributions([branch])[0])

    def decode(self, steps: Sequence[tuple[Read, int]]) -> list[Read]:
        """Read one more token on each branch, in one pass. Raises Stopped."""
        self._ask()
        branches = self._session.decode([(read.branch, token) for read, token in steps])
        self.passes += 1
        self._decoded_tokens += len(steps)
        nexts = self._distributions(branches)
        return [Read(branch, following) for branch, following in zip(branches, nexts, strict=True)]

    def timing(self) -> Timing:
        """The figures up to now."""
        now = time.perf_counter()
        return Timing(
            prefill_ms=1000 * (self._prefilled - self._begun),
            decode_ms=1000 * (now - self._prefilled),
            total_ms=1000 * (now - self._begun),
            prompt_tokens=self._prompt_tokens,
            reused_tokens=self._reused_tokens,
            decoded_tokens=self._decoded_tokens,
        )

    def _distributions(self, branches: Sequence[Branch]) -> list[Next]:
        """The softmax of each branch's logits, without the tokens that are never text."""
        scores = np.stack([branch.logits for branch in branches])
        scores += self._vocabulary.bias
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        kinds = scores @ self._vocabulary.steps.T
        return [Next(row, sums) for row, sums in zip(scores, kinds, strict=True)]

    def _ask(self) -> None:
        reason = self._reason()
        if reason is not None:
            raise Stopped(reason)

    def _is_over(self) -> bool:
        return self._reason() is not None

    def _reason(self) -> Reason | None:
        if self._cancelled is not None and self._cancelled():
            return Reason.CANCELLED
        if self._deadline is not None and time.perf_counter() >= self._deadline:
            return Reason.DEADLINE
        return None
