"""A completer that does what the draft says, so that a test can tell a daemon what to meet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from quicktype.completer import Completion, CompletionRequest, Reason
from quicktype.conversation import Conversation
from quicktype.daemon import Loaded
from quicktype.protocol import ModelInfo, Timing
from quicktype.suggestion import Candidate, Word, split_words
from quicktype.trigger import TriggerPolicy

HANG_S = 60.0
"""How long anything may take before a test counts as hung."""

THINKING = "hmm"
"""A draft at which the fake computes until it is told to stop."""
STEPPING = "step"
"""A draft at which each pass waits for the test's `permit`, three passes in all."""
FAILING = "fail"
"""The first word of a draft at which the fake raises, with the draft in the error."""
FLOODING = "flood"
"""A draft at which the fake improves its candidates without end until it is told to stop."""
CONTINUATIONS = ("orrow", "orrow at noon")
"""What any other draft gets: the first, and then better the second."""

INFO = ModelInfo("fake", 15_000_000, 1024, "chat")


def candidate(text: str) -> Candidate:
    """The text with falling confidences."""
    words = split_words(text)
    return Candidate(tuple(Word(word, 0.9 * 0.5**place) for place, word in enumerate(words)))


class FakeCompleter:
    """Remembers what it was asked, and answers by the draft."""

    def __init__(self) -> None:
        self.requests: list[CompletionRequest] = []
        self.prepared: list[tuple[Conversation, str]] = []
        self.started = threading.Semaphore(0)
        self.read_ahead = threading.Semaphore(0)
        self.permit = threading.Semaphore(0)
        self.passes = 0

    def complete(
        self,
        request: CompletionRequest,
        on_candidates: Callable[[list[Candidate]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """See the constants of this module for what a draft brings about."""
        assert on_candidates is not None
        assert cancelled is not None
        self.requests.append(request)
        self.started.release()
        before = request.draft.before
        if before.startswith(FAILING):
            raise RuntimeError(before)
        if before == THINKING:
            return self._think(request.deadline_ms, cancelled)
        if before == STEPPING:
            return self._step(cancelled)
        if before == FLOODING:
            return self._flood(on_candidates, cancelled)
        return self._answer(request, on_candidates)

    def prepare(
        self,
        conversation: Conversation,
        speaker: str,
        cancelled: Callable[[], bool] | None = None,
    ) -> object:
        """Remembers it; a conversation of the speaker `fail` cannot be read."""
        self.prepared.append((conversation, speaker))
        self.read_ahead.release()
        if speaker == FAILING:
            raise RuntimeError(speaker)
        return None

    def wait_started(self) -> None:
        """Returns once one more completion has begun."""
        assert self.started.acquire(timeout=HANG_S)

    def _answer(
        self, request: CompletionRequest, on_candidates: Callable[[list[Candidate]], None]
    ) -> Completion:
        suppression = TriggerPolicy().decide(request.conversation, request.draft, request.dismissed)
        if suppression is not None and request.gate:
            return Completion((), suppression, Reason.SUPPRESSED, Timing())
        for text in CONTINUATIONS:
            on_candidates([candidate(text)])
        timing = Timing(0.0, 1.5, 2.5, 4.0, 40, 32, 6)
        return Completion((candidate(CONTINUATIONS[-1]),), None, Reason.COMPLETE, timing)

    def _think(self, deadline_ms: float | None, cancelled: Callable[[], bool]) -> Completion:
        start = time.monotonic()
        while not cancelled():
            if deadline_ms is not None and 1000 * (time.monotonic() - start) >= deadline_ms:
                return Completion((), None, Reason.DEADLINE, Timing())
            time.sleep(0.001)
        return Completion((), None, Reason.CANCELLED, Timing())

    def _step(self, cancelled: Callable[[], bool]) -> Completion:
        for _ in range(3):
            if cancelled():
                return Completion((), None, Reason.CANCELLED, Timing())
            self.passes += 1
            assert self.permit.acquire(timeout=HANG_S)
        return Completion((candidate("by step"),), None, Reason.COMPLETE, Timing())

    def _flood(
        self, on_candidates: Callable[[list[Candidate]], None], cancelled: Callable[[], bool]
    ) -> Completion:
        while not cancelled():
            on_candidates([candidate("x" * 100_000)])
            time.sleep(0.001)
        return Completion((), None, Reason.CANCELLED, Timing())


def load() -> Loaded:
    """A fresh fake, as the daemon loads a model."""
    return Loaded(FakeCompleter(), INFO)
