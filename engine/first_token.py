"""What a new process takes: ``python -P -m engine.first_token FILE`` loads weights, reads a token.

It prints the most memory that it held by then, in mebibytes. Whoever starts it takes the time.
"""

from __future__ import annotations

import sys
from pathlib import Path


def peak_memory_mb() -> float:
    """The most memory that this process has held so far, in mebibytes.

    All resident pages count: also those of mapped files such as the weights, which the system may
    share between processes and take back.
    """
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux it counts what the parent held before this program began.
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    import resource  # noqa: PLC0415 (not on all platforms)

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _first_token(weights: Path) -> None:
    from engine.checkpoint import load  # noqa: PLC0415 (what is measured)
    from engine.model import Model  # noqa: PLC0415 (what is measured)
    from engine.session import Session  # noqa: PLC0415 (what is measured)

    Session(Model(load(weights))).prefill([1])


if __name__ == "__main__":
    _first_token(Path(sys.argv[1]))
    sys.stdout.write(f"{peak_memory_mb():.1f}\n")
