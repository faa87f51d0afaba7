"""How soon a key is answered, when messages are typed as a person types them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quicktype.completer import CompletionRequest
from quicktype.draft import Draft
from quicktype.suggestion import Suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.completer import Completer
    from quicktype.evaluation.cases import Case
    from quicktype.suggestion import Candidate

_AT_ONCE_MS = 1.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds, p50, p95 and p99, of the keys for which the model was asked."""

    keys: int
    at_once: float
    """The share of keys answered in under 1 ms."""
    first: tuple[float, float, float]
    """Until something is there to be shown, where something was."""
    done: tuple[float, float, float]


def measure(completer: Completer, cases: Sequence[Case]) -> Latency:
    """Types the messages, and takes nothing: what is typed along needs no new question."""
    keys = at_once = 0
    first: list[float] = []
    done: list[float] = []
    for case in cases:
        completer.prepare(case.conversation, case.speaker)
        shown: Suggestion | None = None
        for caret in range(len(case.text)):
            draft = Draft(case.text[:caret])
            begun = time.perf_counter()
            shown = shown.advance(draft) if shown else None
            if shown is None:
                shown, soonest = _ask(completer, case, draft, begun)
                if soonest is not None:
                    first.append(soonest)
                done.append(1000 * (time.perf_counter() - begun))
            keys += 1
            at_once += 1000 * (time.perf_counter() - begun) < _AT_ONCE_MS
    return Latency(keys, at_once / max(1, keys), _percentiles(first), _percentiles(done))


def _ask(
    completer: Completer, case: Case, draft: Draft, begun: float
) -> tuple[Suggestion | None, float | None]:
    seen: list[float] = []

    def on_candidates(_candidates: list[Candidate]) -> None:
        seen.append(1000 * (time.perf_counter() - begun))

    completion = completer.complete(
        CompletionRequest(case.conversation, case.speaker, draft), on_candidates
    )
    candidates = completion.candidates
    suggestion = Suggestion(draft, candidates) if candidates else None
    return suggestion, seen[0] if seen else None


def _percentiles(times: list[float]) -> tuple[float, float, float]:
    low, high, highest = np.percentile(times or [0.0], [50, 95, 99])
    return float(low), float(high), float(highest)
