"""Suggestions from a completer in a thread of this process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from quicktype.completer import CompletionRequest
from quicktype.playground.suggester import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.completer import Completer


class InProcessSuggester:
    """Answers the newest question; an older one is given up within a decode step."""

    source = "in this process"

    def __init__(self, make_completer: Callable[[Callable[[str], None]], Completer]) -> None:
        """`make_completer` is called in the thread: it may take its time, and say on what."""
        self._make_completer = make_completer
        self._newest: Question | None = None
        self._answered: Question | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="suggester", daemon=True)
        self._on_answer: Callable[[Answer], None]

    def start(self, on_answer: Callable[[Answer], None]) -> None:
        """Begins; `on_answer` is called from the thread."""
        self._on_answer = on_answer
        self._thread.start()

    def ask(self, question: Question) -> None:
        """Supersedes what was asked before."""
        with self._changed:
            self._newest = question
            self._changed.notify()

    def feedback(self, question: Question, event: str, text: str) -> None:
        """Nothing is remembered here."""

    def close(self) -> None:
        """Ends once the step that is being computed is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            completer = self._make_completer(self._excuse)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told at the next question
            self._apologise(str(error))
            return
        while (question := self._next()) is not None:
            self._answer(completer, question)

    def _next(self) -> Question | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest is not self._answered)
            self._answered = self._newest
            return None if self._closed else self._newest

    def _answer(self, completer: Completer, question: Question) -> None:
        request = CompletionRequest(
            question.conversation, question.speaker, question.draft, gate=question.gate
        )
        try:
            completion = completer.complete(
                request,
                on_candidates=lambda found: self._on_answer(Answer(question.number, tuple(found))),
                cancelled=lambda: self._closed or self._newest is not question,
            )
        except Exception as error:  # noqa: BLE001 - one question that fails must not end the chat
            self._on_answer(Answer(question.number, silence=str(error)))
            return
        if self._newest is question and not self._closed:
            silence = completion.suppression or completion.reason
            milliseconds = completion.timing.total_ms
            self._on_answer(Answer(question.number, completion.candidates, milliseconds, silence))

    def _excuse(self, why: str) -> None:
        """Shows what the first answer waits for."""
        if self._newest is not None:
            self._on_answer(Answer(self._newest.number, silence=why))

    def _apologise(self, reason: str) -> None:
        """Answers every question with the reason why there is no model."""
        while (question := self._next()) is not None:
            self._on_answer(Answer(question.number, silence=reason))
