"""Draft and conversation in, ranked suggestions out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from engine.session import Session
from quicktype.completer.decoding import Reader, Stopped
from quicktype.completer.first_words import FirstWords
from quicktype.completer.gate import THRESHOLD, worth_showing
from quicktype.completer.lines import LineRules, Lines
from quicktype.completer.prompting import Prompter
from quicktype.completer.request import Completion, Reason
from quicktype.completer.vocabulary import Vocabulary
from quicktype.prompt import PromptTemplate
from quicktype.trigger import Suppression, TriggerPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.model import Model
    from quicktype.completer.request import CompletionRequest
    from quicktype.conversation import Conversation
    from quicktype.protocol import Timing
    from quicktype.suggestion import Candidate


class Background(Protocol):
    """Knows words of the language, or of the user, without reading what was said before."""

    def next_words(self, before: str) -> dict[str, float]:
        """What may stand next at the caret, with probabilities that add up to at most 1."""


_NARROW, _WIDE = 4, 8
"""Branches in a pass; passes of up to four cost hardly more than one."""
_LIKELY = 0.5


class Completer:
    """Answers requests with one model, one after the other; for one thread at a time.

    Between requests the KV cache keeps the last prompt, and the next prefill reads only what is
    new. What `background` knows of the next word is blended with what the model does. Raises
    ValueError if the model's prompt template or its tokenizer's markers cannot be used.
    """

    def __init__(
        self, model: Model, *, session: Session | None = None, background: Background | None = None
    ) -> None:
        self.model = model
        self._background = background
        template = PromptTemplate.from_json(model.checkpoint.template)
        self._session = session or Session(model)
        self._vocabulary = Vocabulary(model.tokenizer, template)
        self._policy = TriggerPolicy()
        self._prompter = Prompter(model.tokenizer, template, model.config.context)

    def complete(
        self,
        request: CompletionRequest,
        on_candidates: Callable[[list[Candidate]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Completion:
        """The suggestions for a draft.

        `on_candidates` is given what there is so far, each time it is better than before;
        `cancelled` is asked before each pass through the model. A request that is cancelled or
        runs out of time is answered with what was found until then.
        """
        reader = Reader(self._session, self._vocabulary, request.deadline_ms, cancelled)
        if request.gate:
            reason = self._policy.decide(request.conversation, request.draft, request.dismissed)
            if reason is not None:
                return Completion((), reason, Reason.SUPPRESSED, reader.timing())
        answer = _Answer(
            self._vocabulary,
            reader,
            request,
            self.model.config.context,
            self._others(request.draft.before),
            on_candidates,
        )
        prompt = self._prompter.prompt(request.conversation, request.speaker, request.draft.before)
        return answer.find(prompt.tokens, prompt.forced)

    def prepare(
        self,
        conversation: Conversation,
        speaker: str,
        cancelled: Callable[[], bool] | None = None,
    ) -> Timing:
        """Read a conversation ahead of the first key; when cancelled, what was read is kept."""
        reader = Reader(self._session, self._vocabulary, None, cancelled)
        with contextlib.suppress(Stopped):
            reader.prefill(self._prompter.prompt(conversation, speaker, "").tokens)
        return reader.timing()

    def _others(self, before: str) -> dict[str, float]:
        """What others know of how the draft goes on; no word in it makes a tag."""
        if self._background is None:
            return {}
        found = self._background.next_words(before)
        says_tag = self._vocabulary.says_tag
        return {word: share for word, share in found.items() if not says_tag(before, word)}


class _Answer:
    """One request on its way to its completion."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        reader: Reader,
        request: CompletionRequest,
        context: int,
        others: Mapping[str, float],
        on_candidates: Callable[[list[Candidate]], None] | None,
    ) -> None:
        threshold = _threshold(request)
        width = _NARROW if request.candidates <= _NARROW else _WIDE
        self._reader = reader
        self._gated = request.gate
        self._threshold = threshold
        self._on_candidates = on_candidates
        self._first = FirstWords(reader, vocabulary, request.candidates, width, threshold, others)
        rules = LineRules(request.words, threshold, context)
        self._lines = Lines(reader, vocabulary, request.draft, rules)
        self._shown = ""

    def find(self, tokens: list[int], forced: bytes) -> Completion:
        """Search, streaming what is found, until all is found or the request is stopped."""
        reason = Reason.COMPLETE
        try:
            self._find_first_words(tokens, forced)
            self._stream()
            while self._lines.grow():
                self._stream()
            self._stream()
        except Stopped as stop:
            reason = stop.reason
        return self._completion(reason)

    def _find_first_words(self, tokens: list[int], forced: bytes) -> None:
        try:
            self._first.run(self._reader.prefill(tokens), forced)
        finally:
            self._lines.begin(self._first.best())

    def _stream(self) -> None:
        """Tell what there is when the best suggestion has grown."""
        if self._on_candidates is None:
            return
        candidates = self._candidates()
        if candidates and candidates[0].text != self._shown:
            self._shown = candidates[0].text
            self._on_candidates(candidates)

    def _candidates(self) -> list[Candidate]:
        candidates = self._lines.candidates()
        return worth_showing(candidates, self._threshold) if self._gated else candidates

    def _completion(self, reason: Reason) -> Completion:
        candidates = tuple(self._candidates())
        suppression = None
        if not candidates and self._gated:
            suppression = self._silence()
            reason = Reason.SUPPRESSED if reason is Reason.COMPLETE else reason
        return Completion(candidates, suppression, reason, self._reader.timing())

    def _silence(self) -> Suppression:
        """Why nothing is left to show."""
        if self._first.message_ends >= _LIKELY:
            return Suppression.FINISHED
        if self._first.best() and not self._lines.candidates():
            return Suppression.REPEAT
        return Suppression.LOW_CONFIDENCE


def _threshold(request: CompletionRequest) -> float:
    if not request.gate:
        return 0.0
    return THRESHOLD if request.threshold is None else request.threshold
