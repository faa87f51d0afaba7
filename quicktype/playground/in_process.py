"""Suggestions from a completer in a thread of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.completer import CompletionRequest
from quicktype.playground.newest import NewestFirst
from quicktype.playground.suggester import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.completer import Completer


class InProcessSuggester:
    """Answers the newest question; an older one is given up within a decode step."""

    source = "in this process"

    def __init__(self, make_completer: Callable[[Callable[[str], None]], Completer]) -> None:
        """`make_completer` is called in the thread: it may take its time, and say on what."""
        self._questions = NewestFirst(
            "suggester", make_completer, self._answer, excuse=self._tell, refuse=self._tell
        )
        self._on_answer: Callable[[Answer], None]

    def start(self, on_answer: Callable[[Answer], None]) -> None:
        """Begins; `on_answer` is called from the thread."""
        self._on_answer = on_answer
        self._questions.start()

    def ask(self, question: Question) -> None:
        """Supersedes what was asked before."""
        self._questions.ask(question)

    def feedback(self, question: Question, event: str, text: str) -> None:
        """Nothing is remembered here."""

    def close(self) -> None:
        """Ends once the step that is being computed is done."""
        self._questions.close()

    def _answer(self, completer: Completer, question: Question) -> None:
        completion = completer.complete(
            CompletionRequest(
                question.conversation, question.speaker, question.draft, gate=question.gate
            ),
            on_candidates=lambda found: self._on_answer(Answer(question.number, tuple(found))),
            cancelled=lambda: self._questions.superseded(question),
        )
        if not self._questions.superseded(question):
            silence = completion.suppression or completion.reason
            milliseconds = completion.timing.total_ms
            self._on_answer(Answer(question.number, completion.candidates, milliseconds, silence))

    def _tell(self, question: Question, why: str) -> None:
        self._on_answer(Answer(question.number, silence=why))
