"""How surprised a model is by a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.session import Session


def surprise(session: Session, ids: Sequence[int], start: int) -> float:
    """Minus the log probability (nats) of ``ids[start:]`` after ``ids[:start]``; `start` >= 1.

    Raises engine.session.ContextOverflow when the ids do not fit the model's context.
    """
    branch = session.prefill(ids[:start])
    nats = 0.0
    for token in ids[start:-1]:
        nats += _nats(branch.logits, token)
        (branch,) = session.decode([(branch, token)])
    return nats + _nats(branch.logits, ids[-1])


def _nats(logits: NDArray[np.float32], token: int) -> float:
    highest = float(logits.max())
    total = float(np.exp(logits - highest, dtype=np.float64).sum())
    return highest + float(np.log(total)) - float(logits[token])
