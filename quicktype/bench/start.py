"""How long a new process takes to its first token, and how much memory."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

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
            [sys.executable, "-P", "-m", "engine.first_token", str(weights)],
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
