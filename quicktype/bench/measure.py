"""The measurements themselves: medians of many short runs on one thread."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.model import Model
from engine.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.checkpoint import Checkpoint

CACHED, NEW = 100, 3
CANDIDATES, LENGTH = 4, 8
PROMPT = 128


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; times are medians unless they say otherwise."""

    model: str
    isa: str
    weights_mb: float
    decode_us: float
    prefill_ms: float
    branch4_us: float
    request_ms: float
    request_p95_ms: float
    request_p99_ms: float
    read_gb_s: float
    floor_share: float
    start_s: float
    memory_mb: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def run(
    checkpoint: Checkpoint, weights_file: Path, progress: Callable[[str], None] = lambda _: None
) -> Result:
    """Measures a model; start and memory are those of a new process with `weights_file`.

    `floor_share` is the time that reading the weights once takes at the bandwidth measured here,
    over the time of one decode.
    """
    model = Model(checkpoint)
    session = Session(model)
    rng = np.random.default_rng(1)
    progress("decode")
    text = rng.integers(3, model.config.vocab, CACHED).tolist()
    root = session.prefill(text)
    decode = _median(lambda: session.decode([(root, 5)]), 300)
    progress("four branches")
    branch4 = _median(lambda: session.decode([(root, n) for n in range(CANDIDATES)]), 300)
    progress("prefill")
    prompts = iter(rng.integers(3, model.config.vocab, (40, PROMPT)).tolist())
    prefill = _median(lambda: session.prefill(next(prompts)), 30)
    progress("requests")
    session.prefill(text)
    requests = _seconds(lambda: _request(session, text, rng), 200)
    progress("bandwidth")
    read = _read_bandwidth(model.weight_bytes)
    progress("start")
    start, memory = _first_token(weights_file)
    median, p95, p99 = np.percentile(requests, [50, 95, 99]) * 1e3
    return Result(
        model=checkpoint.name,
        isa=str(model.isa),
        weights_mb=model.weight_bytes / 1e6,
        decode_us=decode * 1e6,
        prefill_ms=prefill * 1e3,
        branch4_us=branch4 * 1e6,
        request_ms=float(median),
        request_p95_ms=float(p95),
        request_p99_ms=float(p99),
        read_gb_s=read / 1e9,
        floor_share=model.weight_bytes / read / decode,
        start_s=start,
        memory_mb=memory,
    )


def _request(session: Session, text: list[int], rng: np.random.Generator) -> None:
    """Three new tokens on a hundred cached ones, then four candidates of eight tokens."""
    new = rng.integers(3, session.model.config.vocab, NEW).tolist()
    root = session.prefill([*text, *new])
    best = np.argpartition(root.logits, -CANDIDATES)[-CANDIDATES:].tolist()
    steps = [(root, token) for token in best]
    for _ in range(LENGTH):
        branches = session.decode(steps)
        steps = [(branch, int(branch.logits.argmax())) for branch in branches]


def _seconds(call: Callable[[], object], times: int) -> list[float]:
    for _ in range(max(3, times // 20)):
        call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


def _median(call: Callable[[], object], times: int) -> float:
    return float(np.median(_seconds(call, times)))


def _read_bandwidth(size: int) -> float:
    """Bytes a second that one thread reads from an array of `size` bytes, the best of many.

    A maximum is what numpy computes with the widest loads and next to no arithmetic.
    """
    values = np.ones(max(1, size // 8), np.int64)
    return values.nbytes / min(_seconds(values.max, 60))


def _first_token(weights_file: Path) -> tuple[float, float]:
    """Seconds until a new process has its first token, and its resident MB by then."""
    command = [sys.executable, "-P", "-m", "quicktype.bench.first_token", str(weights_file)]
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own
        runs.append((time.perf_counter() - began, float(json.loads(done.stdout)["memory_mb"])))
    return float(np.median([run[0] for run in runs])), float(np.median([run[1] for run in runs]))
