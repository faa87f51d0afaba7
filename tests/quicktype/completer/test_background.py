"""Words that others know, blended with those of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from quicktype.completer import CompletionRequest
from quicktype.draft import Draft
from quicktype.ngrams import NgramWords, count
from quicktype.suggestion import Candidate
from tests.support.toy_model import ToyTokenizer, knows_sentences, toy_completer

WORDS = "see you tomorrow today seven six or so"
TOKENIZER = ToyTokenizer([f" {word}" for word in WORDS.split()])


@dataclass
class Says:
    """Others, who know the next word whatever was said."""

    words: dict[str, float]

    def next_words(self, before: str) -> dict[str, float]:
        return self.words


def found(
    sentences: Mapping[str, float], others: dict[str, float], draft: str, *, gate: bool = False
) -> tuple[Candidate, ...]:
    model = knows_sentences(TOKENIZER, sentences)
    completer, _ = toy_completer(TOKENIZER, model, background=Says(others) if others else None)
    return completer.complete(CompletionRequest(draft=Draft(draft), gate=gate)).candidates


def test_a_word_that_both_know_gets_both_shares_and_goes_on_as_the_model_says() -> None:
    said = {"see you tomorrow": 0.5, "see six": 0.5}
    best = found(said, {" you": 1.0}, "see")[0]
    assert best.text == " you tomorrow"
    assert best.words[0].confidence == pytest.approx(0.7 * 0.5 + 0.3, abs=0.02)


def test_a_word_that_only_others_know_stands_alone() -> None:
    candidates = found({"see you": 0.6, "see six": 0.4}, {" today": 0.9}, "see")
    assert [c.text for c in candidates] == [" you", " six", " today"]
    assert candidates[-1].confidence == pytest.approx(0.3 * 0.9, abs=0.01)


def test_they_help_a_word_through_the_gate_and_hold_another_back() -> None:
    said = {"see you": 0.5, "see six": 0.5}
    assert [c.text for c in found(said, {" you": 1.0}, "see", gate=True)][:1] == [" you"]
    assert found(said, {}, "see", gate=True) == ()
    doubtful = {"see you": 0.7, "see six": 0.3}
    assert [c.text for c in found(doubtful, {}, "see", gate=True)][:1] == [" you"]
    assert found(doubtful, {" so": 1.0}, "see", gate=True) == ()


def test_nobody_goes_in_circles() -> None:
    assert " see" not in [c.text for c in found({"see see": 1.0}, {" see": 1.0}, "see see")]


def test_n_grams_are_such_others() -> None:
    words = NgramWords(count(["see you tomorrow", "see you today", "so"] * 2, order=3, rare=1))
    known = words.next_words("see you to")
    assert set(known) == {"morrow", "day"}
    assert sum(known.values()) == pytest.approx(1, abs=0.05)
    after = words.next_words("see you")
    assert max(after, key=after.__getitem__) in {" tomorrow", " today"}
    assert words.next_words("see xy") == {}
