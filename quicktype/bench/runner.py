"""Runs the measurements and draws the results from them."""

from __future__ import annotations

import itertools
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from engine.kernels.choice import choose
from engine.model import Model
from engine.session import Session
from quicktype.bench import start
from quicktype.bench.floor import Floor
from quicktype.bench.ours import Ours
from quicktype.bench.result import PeerResult, Result
from quicktype.bench.turns import Turns
from quicktype.bench.work import PREFILL, WORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.checkpoint import Checkpoint
    from quicktype.bench.peers.peer import Peer

_SECONDS = 6.0
_LONGER_WITH_PEERS = 3
_LEAST_TURNS = 6


class ShortContextError(ValueError):
    """What is measured does not fit into the model's context; the message is one line."""


def run(
    checkpoint: Checkpoint,
    weights: Path,
    progress: Callable[[str], None] = lambda _what: None,
    *,
    peers: Sequence[Peer] = (),
    threads: int = 1,
    seconds: float = _SECONDS,
) -> Result:
    """Measure a model for so many seconds, beside its peers, then processes with file `weights`.

    Peers were given as many `threads` when they were opened.

    Our own figures come from turns without peers; those with them take three times as long.
    Raises ShortContextError, and OSError or `start.StartError` when no process could be started.
    """
    if checkpoint.config.context < PREFILL:
        raise ShortContextError(
            f"the benchmark needs a context of {PREFILL} tokens or more, this model's is "
            f"{checkpoint.config.context}: import it with a longer one"
        )
    model = Model(checkpoint, notify=progress)
    session = Session(model, threads=threads)
    ours = Ours(session)
    alone, turns = Turns(ours), Turns(ours, peers)
    floor = Floor(model, threads if session.shares() else 1)
    for seed in _seeds(alone, seconds, progress):
        floor.take()
        alone.take(seed)
    if peers:
        for seed in _seeds(turns, _LONGER_WITH_PEERS * seconds, progress):
            turns.take(seed)
    progress("a new process")
    return _result(session, floor, alone, turns, start.measure(weights))


def _seeds(turns: Turns, seconds: float, progress: Callable[[str], None]) -> Iterator[int]:
    """Numbers for so many seconds of turns, after one that does not count."""
    who = ", ".join(["quicktype", *(peer.name for peer in turns.peers)])
    progress(f"warming up {who}")
    turns.warm_up()
    begun = perf_counter()
    for seed in itertools.count(1):
        left = begun + seconds - perf_counter()
        if left <= 0 and seed > _LEAST_TURNS:
            return
        progress(f"{who}: turn {seed}, {max(left, 0):.0f} s left")
        yield seed


def _result(
    session: Session, floor: Floor, alone: Turns, turns: Turns, started: start.Started
) -> Result:
    """The medians."""
    chosen = choose()
    median = {name: float(np.median(taken)) for name, taken in alone.seconds.items()}
    p95, p99 = (float(np.percentile(alone.seconds["request"], share)) for share in (95, 99))
    return Result(
        model=session.model.checkpoint.name,
        isa=chosen.isa,
        isa_decider=chosen.decider,
        isa_times_ms={str(isa): time for isa, time in chosen.times.items()},
        threads=session.threads,
        decode_threads=floor.threads,
        weights_mb=floor.nbytes / 1e6,
        decode_us=median["decode"] * 1e6,
        branch4_us=median["branch4"] * 1e6,
        prefill_ms=median["prefill"] * 1e3,
        request_ms=median["request"] * 1e3,
        request_p95_ms=p95 * 1e3,
        request_p99_ms=p99 * 1e3,
        read_gb_s=floor.nbytes / floor.seconds / 1e9,
        floor_share=floor.seconds / median["decode"],
        start_s=started.seconds,
        memory_mb=started.memory_mb,
        peers=tuple(
            PeerResult(peer.name, **{f"{name}_ratio": turns.ratio(peer, name) for name in WORKS})
            for peer in turns.peers
        ),
        lost=tuple(turns.lost),
    )
