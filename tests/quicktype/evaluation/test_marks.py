from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quicktype.conversation import Conversation
from quicktype.evaluation.answers import Answer, replay
from quicktype.evaluation.cases import Case
from quicktype.evaluation.marks import Marks
from quicktype.evaluation.subjects import Oracle
from quicktype.suggestion import Candidate, Word, split_words

TEXT = "see you soon, ok?"


def answers_at(**said: str) -> list[Answer]:
    """What is said at some carets (``at4="you"``), and nothing at the others."""
    answers = [Answer() for _ in TEXT]
    for place, text in said.items():
        words = tuple(Word(word, 0.5) for word in split_words(text))
        answers[int(place.removeprefix("at"))] = Answer(Candidate(words))
    return answers


def matches(**said: str) -> Any:
    marks = Marks()
    marks.add(TEXT, answers_at(**said))
    return marks.matches.tolist()


def test_an_oracle_is_always_right_where_there_are_words_left() -> None:
    marks = Marks()
    case = Case("hand-made", "1", 0, Conversation(), "me", TEXT)
    marks.add(TEXT, replay(Oracle()(), case))
    # "see", "you", "soon," and "ok?" are four, and all have three characters and more.
    assert marks.chances.tolist() == [[4, 3, 2], [4, 3, 2], [4, 3, 2], [1, 1, 0]]
    assert np.array_equal(marks.matches, marks.chances)
    assert marks.calibration_error() == pytest.approx(0, abs=1e-9)


def test_signs_behind_the_last_word_may_be_missing_but_not_wrong() -> None:
    assert matches(at8="soon")[0][0] == 1
    assert matches(at8="soon,")[0][0] == 1
    assert matches(at8="soon!")[0][0] == 0
    assert matches(at8="soon ok")[0] == [1, 0, 0]


def test_the_second_word_counts_only_behind_a_right_first_one() -> None:
    assert matches(at4="you soon")[0] == [1, 1, 0]
    assert matches(at4="me soon")[0] == [0, 0, 0]


def test_after_letters_the_rest_of_the_word_is_asked_for() -> None:
    assert matches(at6="u")[2][0] == 1
    assert matches(at6="u soon")[2][:2] == [1, 1]


def test_confidence_is_held_against_what_was_right() -> None:
    marks = Marks()
    words = Candidate((Word("see", 0.9), Word(" me", 0.6)))
    marks.add(TEXT, [Answer(words)] + [Answer() for _ in TEXT[1:]])
    # 0.1 too little for the first word, 0.6 too much for the second.
    assert marks.calibration_error() == pytest.approx((0.1 + 0.6) / 2)
    assert marks.calibration_error(least=0.8) == pytest.approx(0.1)
