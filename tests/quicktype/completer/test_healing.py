"""The search for the first word against the enumeration of everything that the model could say.

The toy models are small enough to sum over all token sequences; the search reads a few of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quicktype.completer import CompletionRequest, first_words
from quicktype.completer.decoding import Reader
from quicktype.completer.first_words import FirstWords
from quicktype.completer.vocabulary import Vocabulary
from quicktype.draft import Draft
from tests.support.toy_model import (
    MARKERS,
    TEMPLATE,
    LanguageModel,
    Probabilities,
    ToySession,
    ToyTokenizer,
    knows_sentences,
    scaled,
    speaks_at_random,
    toy_completer,
)

if TYPE_CHECKING:
    from engine.session import Session
    from engine.tokenizer import Tokenizer

PIECES = [" ", " a", " ab", " abb", "a", "b", "ab", "ba", ".", " b"]
TOKENIZER = ToyTokenizer(PIECES)
PROMPT = (TOKENIZER.marker(MARKERS.begin), TOKENIZER.marker(MARKERS.me))
LONGEST = 4


class Enumeration:
    """All words that a model may say after a typed text, with their exact probabilities."""

    def __init__(self, model: LanguageModel, prompt: tuple[int, ...], typed: bytes) -> None:
        self._model = model
        self._words: dict[str, float] = defaultdict(float)
        self._typed = 0.0
        self._follow(prompt, 1.0, typed, b"")
        self.words = {word: p / self._typed for word, p in self._words.items()}

    def _follow(
        self, tokens: tuple[int, ...], probability: float, forced: bytes, said: bytes
    ) -> None:
        following = self._model(tokens)
        if said.strip():
            ends = sum(p for token, p in self._possible(following) if self._ends_word(token))
            self._words[said.decode()] += probability * ends
        for token, share in self._possible(following):
            piece = TOKENIZER.pieces[token]
            if forced and not piece.startswith(forced) and not (piece and forced.startswith(piece)):
                continue
            if forced and piece.startswith(forced):
                self._typed += probability * share
            if not forced and (not piece or (said.strip() and self._ends_word(token))):
                continue
            text = said + piece[len(forced) :]
            if len(text) <= LONGEST:
                self._follow((*tokens, token), probability * share, forced[len(piece) :], text)

    @staticmethod
    def _possible(following: np.ndarray) -> Iterator[tuple[int, float]]:
        return ((int(token), float(following[token])) for token in np.flatnonzero(following))

    @staticmethod
    def _ends_word(token: int) -> bool:
        piece = TOKENIZER.pieces[token]
        return not piece or piece[:1] in {b" ", b"."}


def search(model: LanguageModel, draft: str, wanted: int, width: int) -> dict[str, float]:
    """What `FirstWords` finds after a draft of one word."""
    session = cast("Session", ToySession(model, context=64))
    reader = Reader(session, Vocabulary(cast("Tokenizer", TOKENIZER), TEMPLATE), None, None)
    words = FirstWords(
        reader, Vocabulary(cast("Tokenizer", TOKENIZER), TEMPLATE), wanted, width, 0, {}
    )
    words.run(reader.prefill(PROMPT), b" " + draft.encode())
    return {word.text: word.probability for word in words.best()}


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), draft=st.text("ab", max_size=3))
def test_with_all_the_time_in_the_world_probabilities_are_exact(seed: int, draft: str) -> None:
    model = speaks_at_random(TOKENIZER, PIECES, seed)
    exact = Enumeration(model, PROMPT, b" " + draft.encode()).words
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"_NEGLIGIBLE": 1e-4, "_NEGLIGIBLE_SPELLING": 1e-4}.items():
            patch.setattr(first_words, name, value)
        for name in ("_MAX_QUEUE", "_MAX_PASSES"):
            patch.setattr(first_words, name, 10**6)
        found = search(model, draft, wanted=10**6, width=16)
    for text, probability in exact.items():
        if len(text) <= LONGEST - 2 and "  " not in " " + draft + text:
            assert found.get(text, 0.0) == pytest.approx(probability, rel=0.02, abs=0.005)


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), draft=st.text("ab", max_size=4))
def test_in_a_few_passes_they_are_nearly_so(seed: int, draft: str) -> None:
    """Though these models, unlike trained ones, like every way to cut a word."""
    model = speaks_at_random(TOKENIZER, PIECES, seed)
    exact = Enumeration(model, PROMPT, b" " + draft.encode()).words
    found = search(model, draft, wanted=3, width=4)
    for text, probability in found.items():
        if len(text) <= LONGEST - 2:
            assert probability == pytest.approx(exact[text], rel=0.2, abs=0.15)
    best, second = sorted(exact.values(), reverse=True)[:2]
    if best > second + 0.1:
        assert exact[max(found, key=found.__getitem__)] == best


def complete(tokenizer: ToyTokenizer, sentences: dict[str, float], draft: str) -> list[str]:
    completer, _ = toy_completer(tokenizer, knows_sentences(tokenizer, sentences))
    completion = completer.complete(CompletionRequest(draft=Draft(draft), gate=False))
    return [candidate.text for candidate in completion.candidates]


def test_the_letters_typed_are_forced_and_the_rest_of_the_token_is_the_answer() -> None:
    tokenizer = ToyTokenizer([" see", " you", " tomorrow", " to", " tom", "mo"])
    texts = complete(tokenizer, {"see you tomorrow": 0.7, "see you": 0.3}, "see you tomo")
    assert texts[0] == "rrow"


def test_a_word_may_turn_out_to_be_cut_in_another_place_than_the_draft_suggests() -> None:
    """Greedy backing off reads " the" + "i" and cannot say " t" + "heichols"."""
    tokenizer = ToyTokenizer([" the", " t", "heichols", "i", " their"])
    other = (tokenizer.id(" t"), tokenizer.id("heichols"), tokenizer.marker(MARKERS.end))

    def model(tokens: tuple[int, ...]) -> Probabilities:
        result = np.full(tokenizer.vocab, 1e-9)
        said = tokens[tokens.index(tokenizer.marker(MARKERS.me)) + 1 :]
        if said == other[: len(said)]:
            result[other[len(said)]] = 0.6
        if not said:
            result[tokenizer.id(" their")] = 0.4
        if said[:1] != other[:1] or said == other[:2]:
            result[tokenizer.marker(MARKERS.end)] += 0.1
        return scaled(result)

    completer, _ = toy_completer(tokenizer, model)
    completion = completer.complete(CompletionRequest(draft=Draft("thei"), gate=False))
    assert [c.text for c in completion.candidates[:2]] == ["chols", "r"]


def test_a_trailing_space_is_taken_into_the_next_token() -> None:
    tokenizer = ToyTokenizer([" see", " you", " tomorrow"])
    texts = complete(tokenizer, {"see you tomorrow": 1.0}, "see you ")
    assert texts[0] == "tomorrow"


def test_an_empty_draft_has_no_space_before_its_first_word() -> None:
    tokenizer = ToyTokenizer([" see", " you"])
    assert complete(tokenizer, {"see you": 1.0}, "")[0] == "see you"


def test_a_finished_word_goes_on_with_a_space() -> None:
    tokenizer = ToyTokenizer([" see", " you", " tomorrow"])
    assert complete(tokenizer, {"see you tomorrow": 1.0}, "see you")[0] == " tomorrow"


@pytest.mark.parametrize("draft", ["", "so", "so ", "so \U0001f602", "so \U0001f602 "])
def test_characters_of_several_tokens_come_whole(draft: str) -> None:
    """Without a piece for the emoji and for the umlaut, four bytes and two are as many tokens."""
    tokenizer = ToyTokenizer([" so", "sch"])
    message = "so \U0001f602 sch\u00f6n \u00fcber"
    texts = complete(tokenizer, {message: 1.0}, draft)
    assert texts[0] == message[len(draft) :]


def test_a_draft_that_looks_like_a_marker_is_only_text() -> None:
    tokenizer = ToyTokenizer([" <me>", "<e", "m>"])
    completer, session = toy_completer(tokenizer, knows_sentences(tokenizer, {"<me> <em>": 1.0}))
    completion = completer.complete(CompletionRequest(draft=Draft("<me> <e"), gate=False))
    assert completion.candidates[0].text == "m>"
    assert session.prefills[0].count(tokenizer.marker("<me>")) == 1


@settings(max_examples=40)
@given(draft=st.text(max_size=40))
def test_any_text_can_be_typed(draft: str) -> None:
    """Whatever is typed, a model answers, in words that keep the rules of the wire."""
    tokenizer = ToyTokenizer([" a", " the", "e", " \u00fc", "\U0001f602"])
    model = speaks_at_random(tokenizer, [" a", " the", "e", " \u00fc"], seed=3)
    completer, _ = toy_completer(tokenizer, model)
    completion = completer.complete(CompletionRequest(draft=Draft(draft), gate=False))
    assert completion.reason == "complete"
    assert all("\ufffd" not in candidate.text for candidate in completion.candidates)


def test_a_long_word_is_healed_near_the_caret_only() -> None:
    tokenizer = ToyTokenizer([" donau", "dampf", "schiff", "fahrts", "gesellschaft"])
    word = "donaudampfschifffahrtsgesellschaft"
    completer, session = toy_completer(tokenizer, knows_sentences(tokenizer, {word: 1.0}))
    completion = completer.complete(CompletionRequest(draft=Draft(word[:-6]), gate=False))
    assert completion.candidates[0].text == word[-6:]
    assert tokenizer.id("dampf") in session.prefills[0]
