"""The likeliest text of our engine, token by token, and how close each choice was."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.model import Model
from engine.session import Session

NEAR = 0.5
"""Logits that differ by less may be in another order in a program that rounds otherwise."""


class Greedy(NamedTuple):
    """The tokens after a prompt, and by how much each one's logit led the next best one's."""

    tokens: list[int]
    leads: list[float]


def greedy(model: Model, prompt: list[int], count: int) -> Greedy:
    """The `count` tokens that our engine goes on with."""
    session = Session(model)
    branch = session.prefill(prompt)
    tokens, leads = [], []
    for _ in range(count):
        best = int(branch.logits.argmax())
        second, first = np.partition(branch.logits, -2)[-2:]
        tokens.append(best)
        leads.append(float(first - second))
        (branch,) = session.decode([(branch, best)])
    return Greedy(tokens, leads)
