"""Who completes: the program itself, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.draft import Draft
from quicktype.evaluation.answers import WORDS, Answer
from quicktype.suggestion import Candidate, Word, split_words
from quicktype.trigger import TriggerPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from quicktype.completer import Completer
    from quicktype.evaluation.answers import Subject
    from quicktype.evaluation.cases import Case


@dataclass(frozen=True, slots=True)
class Ours:
    """The completer that ships, with these weights."""

    weights: Path
    name: str = "quicktype"

    def __call__(self) -> Subject:
        """Loads the model."""
        from engine.checkpoint import load  # noqa: PLC0415 - only the process that asks needs them
        from engine.model import Model  # noqa: PLC0415
        from quicktype.completer import Completer  # noqa: PLC0415
        from quicktype.ngrams import NgramTable, NgramWords  # noqa: PLC0415

        table = self.weights.with_suffix(".ngrams")
        background = NgramWords(NgramTable.load(table)) if table.exists() else None
        return _OursAtWork(Completer(Model(load(self.weights)), background=background))


class _OursAtWork:
    def __init__(self, completer: Completer) -> None:
        self._completer = completer
        self._policy = TriggerPolicy()

    def answer(self, case: Case, caret: int) -> Answer:
        """Nothing cut off, so that one pass serves all thresholds."""
        from quicktype.completer import CompletionRequest  # noqa: PLC0415 - see Ours

        draft = Draft(case.text[:caret])
        request = CompletionRequest(case.conversation, case.speaker, draft, words=WORDS, gate=False)
        found = self._completer.complete(request).candidates
        held_back = self._policy.decide(case.conversation, draft) is not None
        return Answer(found[0] if found else None, held_back)


@dataclass(frozen=True, slots=True)
class Oracle:
    """Knows the next words of the message; with none of them it is silence."""

    words: int = WORDS
    name: str = "oracle"

    def __call__(self) -> Subject:
        """Itself."""
        return self

    def answer(self, case: Case, caret: int) -> Answer:
        """What follows, quite sure."""
        following = split_words(case.text[caret:])[: self.words]
        words = tuple(Word(text, 1.0) for text in following)
        return Answer(Candidate(words) if words else None)


@dataclass(frozen=True, slots=True)
class Ngrams:
    """A table of n-grams; of order 1 it is word frequency."""

    table: Path
    order: int = 5
    name: str = "5-gram"

    def __call__(self) -> Subject:
        """Loads the table."""
        from quicktype.evaluation.ngram_subject import NgramSubject  # noqa: PLC0415 - see Ours
        from quicktype.ngrams import NgramTable  # noqa: PLC0415

        return NgramSubject(NgramTable.load(self.table), self.order)
