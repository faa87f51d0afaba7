"""What the benchmark found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """Medians on one thread; times include all that Python does around the kernels."""

    model: str
    isa: str
    weights_mb: float
    """What every decode reads, in millions of bytes."""
    decode_us: float
    """One token of one text, with 100 to 116 tokens in the cache."""
    branch4_us: float
    """One token of each of four branches of such a text."""
    prefill_ms: float
    """128 new tokens."""
    request_ms: float
    """3 new tokens on 100 cached ones, then 4 candidates of 8 tokens."""
    request_p95_ms: float
    request_p99_ms: float
    read_gb_s: float
    """How fast this machine merely reads these weights, in thousands of millions of bytes."""
    floor_share: float
    """The time of merely reading the weights, as a share of a decode's."""
    start_s: float
    """From starting a new process with the weights file to its first token."""
    memory_mb: float
    """The most memory that this process held, the mapped weights included, in mebibytes."""

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON values; `peers` is for other programs on the same weights."""
        return {**asdict(self), "peers": []}
