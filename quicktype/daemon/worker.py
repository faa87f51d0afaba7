"""The one thread in which the model computes, and the queue before it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from quicktype.completer import Completion, CompletionRequest, Reason
from quicktype.protocol import Timing
from quicktype.trigger import Suppression

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.conversation import Conversation
    from quicktype.suggestion import Candidate

QUEUE = 64
"""How many jobs may wait; each connection has at most one completion among them."""

log = logging.getLogger(__name__)


class Completes(Protocol):
    """What the worker needs of `quicktype.completer.Completer`."""

    def complete(
        self,
        request: CompletionRequest,
        on_candidates: Callable[[list[Candidate]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """The suggestions for a draft; `cancelled` is asked before each pass of the model."""

    def prepare(
        self,
        conversation: Conversation,
        speaker: str,
        cancelled: Callable[[], bool] | None = None,
    ) -> object:
        """Reads a conversation ahead."""


class QueueFullError(RuntimeError):
    """Too many requests wait already, or none is taken any more."""


@dataclass(eq=False)
class Job:
    """One completion on its way. `finish` is called once, with None if it failed."""

    request: CompletionRequest
    improve: Callable[[list[Candidate]], None]
    finish: Callable[[Completion | None], None]
    received: float = field(default_factory=time.monotonic)
    given_up: Reason | None = None

    @property
    def waited_ms(self) -> float:
        """Milliseconds since the request came."""
        return 1000 * (time.monotonic() - self.received)

    def without_answer(self, reason: Reason) -> Completion:
        """The answer to a request that was not computed."""
        waited = self.waited_ms
        # A gated answer that is empty says why, also when nothing was sure for lack of time.
        why = Suppression.LOW_CONFIDENCE if self.request.gate else None
        return Completion((), why, reason, Timing(queue_ms=waited, total_ms=waited))


@dataclass(eq=False)
class Preparation:
    """A conversation to be read ahead, when nothing else is to be done."""

    conversation: Conversation
    speaker: str


class Worker:
    """Computes jobs one by one, in the order in which they came; preparations come last."""

    def __init__(self, completer: Completes) -> None:
        self._completer = completer
        self._jobs: deque[Job] = deque()
        self._running: Job | None = None
        self._preparation: Preparation | None = None
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queues a job; raises QueueFullError."""
        with self._changed:
            if self._stopped:
                raise QueueFullError("the daemon is ending")
            if len(self._jobs) >= QUEUE:
                raise QueueFullError(f"{QUEUE} requests wait already")
            self._jobs.append(job)
            self._changed.notify()

    def give_up(self, job: Job, reason: Reason) -> None:
        """Ends a job: at once if it waits, else within one decode step."""
        with self._changed:
            job.given_up = job.given_up or reason
            waiting = job in self._jobs
            if waiting:
                self._jobs.remove(job)
        if waiting:
            job.finish(job.without_answer(reason))

    def prepare(self, preparation: Preparation) -> None:
        """Reads a conversation ahead once there is time; the newest one counts."""
        with self._changed:
            self._preparation = preparation
            self._changed.notify()

    def replace(self, completer: Completes) -> None:
        """Has the next job, and all after it, computed by another completer."""
        with self._changed:
            self._completer = completer

    def stop(self) -> None:
        """Answers every job as cancelled, and ends the thread."""
        with self._changed:
            self._stopped = True
            waiting = [*self._jobs]
            self._jobs.clear()
            if self._running is not None:
                self._running.given_up = self._running.given_up or Reason.CANCELLED
            self._changed.notify()
        for job in waiting:
            job.finish(job.without_answer(Reason.CANCELLED))
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._jobs or self._preparation)
                if self._stopped:
                    return
                completer = self._completer
                job = self._running = self._jobs.popleft() if self._jobs else None
                preparation = None if job else self._preparation
                if preparation is not None:
                    self._preparation = None
            if job is not None:
                job.finish(_computed(completer, job))
            elif preparation is not None:
                self._read_ahead(completer, preparation)

    def _read_ahead(self, completer: Completes, preparation: Preparation) -> None:
        try:
            completer.prepare(
                preparation.conversation,
                preparation.speaker,
                cancelled=lambda: self._stopped or bool(self._jobs),
            )
        except Exception as error:  # noqa: BLE001 - the daemon outlives whatever the model meets
            log.error("reading ahead failed: %s", type(error).__name__)


def _computed(completer: Completes, job: Job) -> Completion | None:
    """The job's answer; None if the completer failed, whose error would quote what was typed."""
    waited = job.waited_ms
    deadline = job.request.deadline_ms
    if deadline is not None and waited >= deadline:
        return job.without_answer(Reason.DEADLINE)
    left = None if deadline is None else deadline - waited
    try:
        done = completer.complete(
            replace(job.request, deadline_ms=left),
            on_candidates=job.improve,
            cancelled=lambda: job.given_up is not None,
        )
    except Exception as error:  # noqa: BLE001 - the daemon outlives whatever the model meets
        log.error("a completion failed: %s", type(error).__name__)
        return None
    timing = replace(done.timing, queue_ms=waited, total_ms=done.timing.total_ms + waited)
    reason = job.given_up if job.given_up is not None else done.reason
    return replace(done, reason=reason, timing=timing)
