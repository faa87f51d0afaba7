"""Holding the engine's logits and texts against a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import reference
from engine.model import Model
from engine.sampling import log_softmax
from engine.session import Session

if TYPE_CHECKING:
    from engine.checkpoint import Checkpoint


def decoded(source: Checkpoint, tokens: list[int]) -> np.ndarray:
    """The engine's logits [tokens, vocab] after each token."""
    session = Session(Model(source))
    branch = session.prefill(tokens[:1])
    rows = [branch.logits]
    for token in tokens[1:]:
        (branch,) = session.decode([(branch, token)])
        rows.append(branch.logits)
    return np.stack(rows)


def divergence(expected: np.ndarray, found: np.ndarray) -> float:
    """The mean Kullback-Leibler divergence in nats."""
    left, right = log_softmax(expected), log_softmax(found)
    return float((np.exp(left) * (left - right)).sum(axis=1).mean())


def greedy(source: Checkpoint, prompt: list[int], count: int) -> tuple[list[int], np.ndarray]:
    """The engine's likeliest continuation, and the logits that it was chosen by."""
    session = Session(Model(source))
    branch = session.prefill(prompt)
    text, rows = list(prompt), [branch.logits]
    for _ in range(count - 1):
        text.append(int(rows[-1].argmax()))
        (branch,) = session.decode([(branch, text[-1])])
        rows.append(branch.logits)
    text.append(int(rows[-1].argmax()))
    return text, np.stack(rows)


def near_ties(source: Checkpoint, prompts: list[list[int]], count: int) -> int:
    """How often the quantized reference takes another token; it may where two are as likely.

    The same sums in another order round a few activations the other way. What that does to the
    logits is bounded here too.
    """
    ties = 0
    for prompt in prompts:
        text, found = greedy(source, prompt, count)
        expected = reference.quantized_logits(source, text[:-1])[len(prompt) - 1 :]
        spread = expected.std()
        assert np.abs(found - expected).max() < 0.12 * spread
        for row, token in zip(expected, text[len(prompt) :], strict=True):
            if row.argmax() != token:
                assert row.max() - row[token] < 0.05 * spread
                ties += 1
    return ties
