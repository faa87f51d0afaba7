"""A peer for the benchmark's tests, run by a child process: its argument says what becomes of it.

``steady`` takes a tenth of a second for everything, ``branchless`` cannot do branches, ``crash``
dies at its first turn, ``refuse`` fails at its first turn, ``absent`` does not come up.
"""

from __future__ import annotations

import os
import signal
import sys

from quicktype.bench.peers import child


def start(habit: str) -> child.Turns:
    if habit == "absent":
        raise RuntimeError("it is not at home")

    def turn(name: str, _seed: int) -> list[float]:
        if habit == "crash":
            sys.stderr.write("first words\nlast words\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        if habit == "refuse":
            raise ValueError(f"{name} is too much")
        return [] if habit == "branchless" and name == "branch4" else [0.1, 0.1]

    return turn


if __name__ == "__main__":
    child.serve(lambda: start(sys.argv[1]))
