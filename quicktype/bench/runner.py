"""Runs the measurements in turns, so that a busy moment touches all of them alike."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from engine.model import Model
from engine.session import Session
from quicktype.bench import start
from quicktype.bench.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.checkpoint import Checkpoint
    from engine.session import Branch

PREFILL, CACHED, NEW, CANDIDATES, WORDS = 128, 100, 3, 4, 8
"""Tokens to prefill; of a request: tokens cached, tokens new, candidates, tokens of each."""
CHAIN = 16
"""Decode steps in a turn."""
_READS = 20
_SECONDS = 6.0
_LEAST_TURNS = 8


def run(
    checkpoint: Checkpoint,
    weights: Path,
    progress: Callable[[str], None] = lambda _what: None,
    *,
    seconds: float = _SECONDS,
) -> Result:
    """Measure a model for so many seconds, then the start of a process with the file `weights`.

    Raises ValueError for a context that the measurements do not fit in, and OSError or
    `start.StartError` when no process could be started.
    """
    if checkpoint.config.context < PREFILL:
        raise ValueError(f"the benchmark needs a context of {PREFILL} tokens or more")
    turns = _Turns(Model(checkpoint, notify=progress))
    turns.take()  # warm up
    turns.forget()
    progress("decode, branches, prefill, requests")
    begun = perf_counter()
    while perf_counter() - begun < seconds or len(turns.requests) < _LEAST_TURNS:
        turns.take()
    progress("a new process")
    started = start.measure(weights)
    return turns.result(started)


class _Turns:
    """Times taken so far, in seconds."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.session = Session(model)
        self.random = np.random.default_rng(1)
        self.pieces = model.read_pieces()
        self.forget()

    def forget(self) -> None:
        """Throw away what was measured."""
        self.decodes: list[float] = []
        self.branches: list[float] = []
        self.prefills: list[float] = []
        self.requests: list[float] = []
        self.reads: list[float] = []

    def take(self) -> None:
        """Measure everything a few times."""
        self._read()
        self._decode()
        self._branch()
        self._request()
        self._prefill()

    def tokens(self, count: int) -> list[int]:
        """Random token ids."""
        return [int(token) for token in self.random.integers(0, self.model.config.vocab, count)]

    def _read(self) -> None:
        out = np.zeros(1, np.float32)
        arguments = (self.pieces.ctypes.data, len(self.pieces), out.ctypes.data)
        for _ in range(_READS):
            begun = perf_counter()
            self.model.kernels.read(*arguments)
            self.reads.append(perf_counter() - begun)

    def _decode(self) -> None:
        branch = self.session.prefill(self.tokens(CACHED))
        for token in self.tokens(CHAIN):
            begun = perf_counter()
            (branch,) = self.session.decode([(branch, token)])
            self.decodes.append(perf_counter() - begun)

    def _branch(self) -> None:
        root = self.session.prefill(self.tokens(CACHED))
        branches = self.session.decode([(root, token) for token in self.tokens(CANDIDATES)])
        for token in self.tokens(WORDS):
            begun = perf_counter()
            branches = self.session.decode([(branch, token) for branch in branches])
            self.branches.append(perf_counter() - begun)

    def _request(self) -> None:
        """Three requests, each on what the one before left in the cache."""
        cached = self.tokens(CACHED)
        self.session.prefill(cached)
        for _ in range(3):
            text = cached + self.tokens(NEW)
            begun = perf_counter()
            self._complete(text)
            self.requests.append(perf_counter() - begun)

    def _complete(self, text: list[int]) -> list[Branch]:
        """The likeliest first tokens, each carried on greedily."""
        root = self.session.prefill(text)
        best = np.argpartition(root.logits, -CANDIDATES)[-CANDIDATES:]
        branches = self.session.decode([(root, int(token)) for token in best])
        for _ in range(WORDS - 1):
            steps = [(branch, int(branch.logits.argmax())) for branch in branches]
            branches = self.session.decode(steps)
        return branches

    def _prefill(self) -> None:
        tokens = self.tokens(PREFILL)
        begun = perf_counter()
        self.session.prefill(tokens)
        self.prefills.append(perf_counter() - begun)

    def result(self, started: start.Started) -> Result:
        """The medians."""
        bytes_read = int(self.pieces[:, 1].sum())
        decode, read = float(np.median(self.decodes)), float(np.median(self.reads))
        request, p95, p99 = (float(np.percentile(self.requests, share)) for share in (50, 95, 99))
        return Result(
            model=self.model.checkpoint.name,
            isa=self.model.isa,
            weights_mb=bytes_read / 1e6,
            decode_us=decode * 1e6,
            branch4_us=float(np.median(self.branches)) * 1e6,
            prefill_ms=float(np.median(self.prefills)) * 1e3,
            request_ms=request * 1e3,
            request_p95_ms=p95 * 1e3,
            request_p99_ms=p99 * 1e3,
            read_gb_s=bytes_read / read / 1e9,
            floor_share=read / decode,
            start_s=started.seconds,
            memory_mb=started.memory_mb,
        )
