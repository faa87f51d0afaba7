"""What the benchmark found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PeerResult:
    """Another program with the same weights: its time / our time, medians of paired turns.

    None where it cannot do that work.
    """

    name: str
    """The program and how it keeps the weights: ``llama.cpp Q8_0``."""
    decode_ratio: float | None
    prefill_ratio: float | None
    branch4_ratio: float | None
    request_ratio: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of times that include all that Python does around the kernels."""

    model: str
    isa: str
    """The instruction set that the kernels are compiled for."""
    isa_decider: str
    """What decided that: a measurement, or `engine.kernels.choice.Decider`'s other reasons."""
    isa_times_ms: dict[str, float]
    """Milliseconds that each instruction set took for the same work when they were compared."""
    threads: int
    """How many compute where that is worth while: see `engine.session.Session.shares`."""
    decode_threads: int
    """How many share a decode."""
    weights_mb: float
    """What every decode reads, in millions of bytes."""
    decode_us: float
    """One token of one text, with 100 to 116 tokens in the cache, after eight uncounted ones."""
    branch4_us: float
    """One token of each of four branches of such a text, also after eight."""
    prefill_ms: float
    """128 new tokens."""
    request_ms: float
    """3 new tokens on 100 cached ones, then 4 candidates of 8 tokens."""
    request_p95_ms: float
    request_p99_ms: float
    read_gb_s: float
    """How fast `decode_threads` merely read these weights, in thousands of millions of bytes."""
    floor_share: float
    """The time of merely reading the weights, as a share of a decode's."""
    start_s: float
    """From starting a new process with the weights file to its first token."""
    memory_mb: float
    """The most memory that this process held, the mapped weights included, in mebibytes."""
    peers: tuple[PeerResult, ...] = ()
    lost: tuple[str, ...] = ()
    """Why peers that began are not among the results, a line for each."""

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return asdict(self) | {"peers": [asdict(peer) for peer in self.peers]}
