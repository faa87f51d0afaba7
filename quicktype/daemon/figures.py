"""How the daemon is: counts, latencies, memory."""

from __future__ import annotations

import math
import os
import sys
import time
from collections import deque
from pathlib import Path

from quicktype.protocol import Latency, StatusReport

_NEWEST = 1000


class Figures:
    """What a daemon counts about itself: numbers only, never text."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._requests = 0
        self._totals: deque[float] = deque(maxlen=_NEWEST)

    def asked(self) -> None:
        """A completion was asked for."""
        self._requests += 1

    def answered(self, total_ms: float) -> None:
        """A completion was computed to its end."""
        self._totals.append(total_ms)

    def report(self, model: str, name: int | str | None) -> StatusReport:
        """The status, as answer to the request of this name."""
        return StatusReport(
            pid=os.getpid(),
            model=model,
            uptime_s=round(time.monotonic() - self._started, 3),
            requests=self._requests,
            latency_ms=self._latency(),
            memory_mb=round(resident_mb(), 1),
            learning=False,
            id=name,
        )

    def _latency(self) -> Latency:
        ordered = sorted(self._totals)
        if not ordered:
            return Latency()

        def percentile(share: float) -> float:
            return round(ordered[math.ceil(share * len(ordered)) - 1], 3)

        return Latency(percentile(0.50), percentile(0.95), percentile(0.99))


def resident_mb() -> float:
    """The process's resident memory in MB; where /proc is missing, the most that it ever had."""
    status = Path("/proc/self/statm")
    if status.exists():
        pages = int(status.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "win32":
        return 0.0  # the standard library does not tell
    import resource  # noqa: PLC0415 - not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
