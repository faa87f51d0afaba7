"""What the simulated user does, key by key, on cases that can be counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.conversation import Conversation
from quicktype.evaluation.answers import Answer, replay
from quicktype.evaluation.cases import Case
from quicktype.evaluation.figures import figures
from quicktype.evaluation.subjects import Oracle
from quicktype.evaluation.typist import Tally, right_words, typed
from quicktype.suggestion import Candidate, Word, split_words

SILENT = Answer()


def sure(text: str, confidence: float = 1.0) -> Answer:
    return Answer(Candidate(tuple(Word(word, confidence) for word in split_words(text))))


def case(text: str) -> Case:
    return Case("hand-made", "1", 0, Conversation(), "me", text)


def test_silence_costs_a_key_a_letter_and_enter() -> None:
    tally = typed("see you", [SILENT] * 7, 0.5)
    assert (tally.characters, tally.keys, tally.carets, tally.shown) == (8, 8, 7, 0)
    assert figures(tally.as_array()).savings == 0


def test_all_that_is_shown_is_right_and_taken_with_one_key() -> None:
    tally = typed("see you tomorrow", [sure("see you tomorrow")] + [SILENT] * 15, 0.5)
    assert (tally.keys, tally.carets, tally.shown) == (2, 1, 1)
    assert (tally.right_shows, tally.words_shown, tally.words_right) == (1, 3, 3)


def test_of_a_line_that_goes_wrong_the_right_words_are_taken_one_by_one() -> None:
    answers = [sure("see you at eight")] + [SILENT] * 15
    tally = typed("see you tomorrow", answers, 0.5)
    # Two keys for "see" and " you", nine for " tomorrow", and Enter.
    assert tally.keys == 2 + 9 + 1
    assert (tally.words_shown, tally.words_right) == (4, 2)


def test_a_wrong_word_costs_a_look_and_no_key() -> None:
    answers = [sure("no")] + [SILENT] * 2
    tally = typed("yes", answers, 0.5)
    assert (tally.keys, tally.right_shows, tally.wrong_shows) == (4, 0, 1)
    found = figures(tally.as_array())
    assert found.savings == 0
    assert found.net_240 == pytest.approx(-50 / (4 * 240))
    assert found.sober_240 == pytest.approx(-200 / (4 * 240))
    assert found.net_120 == pytest.approx(-50 / (4 * 120))
    assert found.precision == 0


def test_who_types_along_a_wrong_line_sees_one_show() -> None:
    answers = [sure("yesterday"), sure("esterday"), sure("sterday")]
    tally = typed("yes", answers, 0.5)
    assert (tally.wrong_shows, tally.shown) == (1, 3)
    assert (tally.followed, tally.flickered) == (2, 0)


def test_another_line_though_the_letter_fitted_is_flicker() -> None:
    tally = typed("yes", [sure("yesterday"), sure("ep indeed"), SILENT], 0.5)
    assert (tally.wrong_shows, tally.followed, tally.flickered) == (2, 2, 1)


def test_words_that_are_not_sure_enough_are_not_shown() -> None:
    candidate = Candidate((Word("see", 0.9), Word(" you", 0.4)))
    answers = [Answer(candidate)] + [SILENT] * 6
    assert typed("see you", answers, 0.3).keys == 2
    assert typed("see you", answers, 0.5).keys == 1 + 4 + 1
    assert typed("see you", answers, 0.95).keys == 8


def test_what_policy_holds_back_is_not_shown() -> None:
    answers = [Answer(sure("see you").candidate, held_back=True)] + [SILENT] * 6
    assert typed("see you", answers, 0.5) == typed("see you", [SILENT] * 7, 0.5)


@pytest.mark.parametrize(
    ("said", "rest", "right"),
    [
        ("morrow", "morrow at ten", 1),
        ("morrow", "morrow", 1),
        ("morrow", "morrows", 0),
        ("morrow", "morrow?", 1),
        (" you too", " you two", 1),
        (" you too", " you too!", 2),
        ("Yes", "yes", 0),
    ],
)
def test_right_words(said: str, rest: str, right: int) -> None:
    candidate = sure(said).candidate
    assert candidate is not None
    assert right_words(candidate, rest) == right


MESSAGES = st.lists(st.text("abcdefg'.,", min_size=1, max_size=8), min_size=1, max_size=12).map(
    " ".join
)


@given(MESSAGES)
def test_an_oracle_of_enough_words_needs_one_key_and_enter(text: str) -> None:
    subject = Oracle(words=20)()
    assert typed(text, replay(subject, case(text)), 0.5).keys == 2


@given(MESSAGES, st.lists(MESSAGES, min_size=1, max_size=5), st.data())
def test_no_suggestion_ever_costs_a_key(text: str, said: list[str], data: st.DataObject) -> None:
    answers = [
        data.draw(st.sampled_from([SILENT, *(sure(line, 0.7) for line in said)])) for _ in text
    ]
    tally = typed(text, answers, 0.5)
    assert tally.keys <= len(text) + 1
    assert tally.words_right <= tally.words_shown
    assert tally.shown <= tally.carets <= len(text)


def test_a_tally_is_a_row_of_sums() -> None:
    assert Tally(characters=3, flickered=4).as_array().tolist() == [3, 0, 0, 0, 0, 0, 0, 0, 0, 4]
