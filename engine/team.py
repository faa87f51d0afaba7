"""Threads that help with passes: what is Python's in `engine.kernels.team`."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from engine.kernels.layout import LINE
from engine.memory import address, aligned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.kernels.plan import Plan
    from engine.model import Model

NAME = "engine"
"""What threads that help are called."""
_WORDS = LINE // 8
"""Integers in a cache line."""


ALONE: Mapping[str, int] = {"threads": 1, "thread": 0, "words": 0, "step": 0, "rest": 0}
"""What a plan says of threads where there is one."""


class Team:
    """The calling thread and others that help it with passes; for one calling thread at a time.

    The others sleep until there is a pass, so that idle ones cost nothing. They come when they
    come: a pass does not wait for them, only for what they have begun. They end with the team.
    After a fork the child has none of them: `alive` is false there, and a team of its own is due.
    """

    def __init__(self, model: Model, plan: Plan, threads: int, buffers: object) -> None:
        """A team of so many threads; `buffers` is what the plan points into."""
        self._helpers: list[_Helper] = []
        words, steps = (
            aligned((2 + threads, _WORDS), np.int64),
            aligned((threads, _WORDS), np.int64),
        )
        scores = aligned((threads, 4 * plan.score_stride), np.uint8)
        plans = [
            plan._replace(
                scores=address(scores[number]),
                threads=threads,
                thread=number,
                words=address(words),
                step=address(steps[number]),
                rest=_resting(),
            )
            for number in range(threads)
        ]
        table = np.array(plans, np.int64)
        self._memory = words, steps, scores, table, buffers
        self._model = model
        self._process = os.getpid()
        self._plan_address, *others = (address(row) for row in table)
        self._helpers += (_Helper(model, self._memory, own) for own in others)

    @property
    def alive(self) -> bool:
        """Whether the threads are in this process."""
        return self._process == os.getpid()

    def forward(self, rows: int, first_logits: int) -> None:
        """One pass, as `engine.kernels.forward.forward` makes it, by all who are there."""
        for helper in self._helpers:
            helper.wake()
        self._model.kernels.forward(self._plan_address, rows, first_logits)

    def __del__(self) -> None:
        for helper in self._helpers:
            helper.stop()


class _Helper:
    """One thread; it keeps what it works on alive, but not the team."""

    def __init__(self, model: Model, memory: object, plan: int) -> None:
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self._stopped = False
        thread = threading.Thread(
            target=self._run, args=(model, memory, plan), name=NAME, daemon=True
        )
        with suppress(RuntimeError):  # there may be no more threads: then this one never comes
            thread.start()

    def wake(self) -> None:
        """Have it look for a pass; it may be doing that already. For one thread at a time."""
        if self._asleep.locked():
            self._asleep.release()

    def stop(self) -> None:
        """Let it end when it is done."""
        self._stopped = True
        self.wake()

    def _run(self, model: Model, _memory: object, plan: int) -> None:
        while self._asleep.acquire() and not self._stopped:
            model.kernels.forward(plan, 0, 0)


@functools.cache
def _resting() -> int:
    """The address of the system's function by which a thread lets others run."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0
