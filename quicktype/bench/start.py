"""How long a new process takes to its first token, and how much memory.

As a program, ``python -P -m quicktype.bench.start FILE`` loads the weights, reads one token and
prints the most memory that it held, in mebibytes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

TIMES = 5


class StartError(RuntimeError):
    """A new process with these weights failed; the message is one line."""


class Started(NamedTuple):
    """The median start: seconds to the first token, mebibytes held by then."""

    seconds: float
    memory_mb: float


def measure(weights: Path, times: int = TIMES) -> Started:
    """Start so many processes, one after the other; raises StartError."""
    begun, memory = [], []
    for _ in range(times):
        started = perf_counter()
        child = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "quicktype.bench.start", str(weights)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        begun.append(perf_counter() - started)
        if child.returncode:
            lines = child.stderr.strip().splitlines() or ["no message"]
            raise StartError(f"a process with {weights} could not be started: {lines[-1]}")
        memory.append(float(child.stdout))
    return Started(median(begun), median(memory))


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in mebibytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux it counts what the parent held before this program began.
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    import resource  # noqa: PLC0415 (not on all platforms)

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _first_token(weights: Path) -> None:
    from engine.checkpoint import load  # noqa: PLC0415 (what is measured)
    from engine.model import Model  # noqa: PLC0415 (what is measured)
    from engine.session import Session  # noqa: PLC0415 (what is measured)

    Session(Model(load(weights))).prefill([1])


if __name__ == "__main__":
    _first_token(Path(sys.argv[1]))
    sys.stdout.write(f"{peak_memory_mb():.1f}\n")
