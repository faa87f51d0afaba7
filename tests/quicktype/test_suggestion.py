"""A suggestion is consumed as it is typed along, and never shows a letter that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.draft import Draft, Key, Keystroke
from quicktype.suggestion import Candidate, Suggestion, Word, split_words


def candidate(text: str, *confidences: float) -> Candidate:
    words = split_words(text)
    given_ = confidences or [0.9 * 0.8**place for place in range(len(words))]
    return Candidate(tuple(Word(w, c) for w, c in zip(words, given_, strict=True)))


def suggestion(before: str, *texts: str, after: str = "") -> Suggestion:
    return Suggestion(Draft(before, after), tuple(candidate(text) for text in texts))


letters = st.text("ab .", max_size=6)
suggestions = st.builds(
    lambda before, texts: suggestion(before, *texts),
    letters,
    st.lists(letters.filter(bool), min_size=1, max_size=5, unique=True),
)


@given(text=st.text())
def test_the_words_of_a_text_are_the_text(text: str) -> None:
    words = split_words(text)
    assert "".join(words) == text
    assert all(len(word.split()) == 1 for word in words[:-1])
    assert all(not word[-1].isspace() for word in words[:-1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rrow at 7 ", ["rrow", " at", " 7 "]),
        ("  ", ["  "]),
        ("", []),
        (" a\n", [" a\n"]),
    ],
)
def test_a_word_has_the_space_before_it_and_the_last_one_the_space_behind(
    text: str, words: list[str]
) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    "words",
    [
        [],
        [Word("a b", 0.5)],
        [Word("a ", 0.5), Word("b", 0.4)],
        [Word("a", 0.4), Word(" b", 0.5)],
        [Word("a", 1.1)],
        [Word("a", float("nan"))],
    ],
)
def test_what_breaks_the_rules_of_the_wire_is_no_candidate(words: list[Word]) -> None:
    with pytest.raises(ValueError, match=r"words|confidences"):
        Candidate(tuple(words))


def test_typing_along_consumes_the_suggestion() -> None:
    shown = suggestion("see you to", "morrow at noon")
    for letter in "morr":
        advanced = shown.advance(shown.draft.apply(Keystroke.typing(letter)))
        assert advanced is not None
        shown = advanced
    assert shown.shown.text == "ow at noon"
    assert [word.text for word in shown.shown.words] == ["ow", " at", " noon"]


def test_taking_a_word_leaves_the_rest() -> None:
    shown = suggestion("see you to", "morrow at noon")
    taken = shown.draft.apply(Keystroke.typing(shown.shown.head(1)))
    rest = shown.advance(taken)
    assert rest is not None
    assert taken.before == "see you tomorrow"
    assert rest.shown.text == " at noon"


def test_words_that_follow_a_word_that_was_taken_are_likelier_than_before() -> None:
    shown = Suggestion(Draft(), (candidate("on my way", 0.5, 0.4, 0.3),))
    rest = shown.advance(Draft("on"))
    assert rest is not None
    assert [word.confidence for word in rest.shown.words] == pytest.approx([0.8, 0.6])


def test_a_lower_candidate_is_promoted_when_the_letter_is_its_own() -> None:
    shown = Suggestion(Draft("how about s"), (candidate("ix", 0.6), candidate("even", 0.3)))
    promoted = shown.advance(Draft("how about se"))
    assert promoted is not None
    assert promoted.shown.text == "ven"
    assert promoted.shown.confidence == pytest.approx(0.3 / 0.4)


def test_an_other_letter_drops_it() -> None:
    assert suggestion("a", "bc", "bd").advance(Draft("ax")) is None


def test_once_all_that_was_shown_is_typed_the_model_is_asked_again() -> None:
    assert suggestion("", "ok", "ok then").advance(Draft("ok")) is None


@pytest.mark.parametrize("key", [Key.BACKSPACE, Key.LEFT, Key.DELETE])
def test_going_back_drops_it(key: Key) -> None:
    shown = suggestion("ab", "c", after="x")
    assert shown.advance(shown.draft.apply(Keystroke(key))) is None


def test_nothing_typed_changes_nothing() -> None:
    shown = suggestion("a", "b")
    assert shown.advance(Draft("a")) is shown


def test_the_next_candidate_comes_to_the_front() -> None:
    shown = suggestion("", "a", "b", "c")
    assert [c.text for c in shown.cycle().candidates] == ["b", "c", "a"]


def test_there_is_no_empty_suggestion() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Suggestion(Draft(), ())


@given(shown=suggestions, typed=letters)
def test_advance_never_shows_a_wrong_letter(shown: Suggestion, typed: str) -> None:
    """Draft and ghost together always read as a candidate did; what is left are all that fit."""
    before = {shown.draft.before + c.text for c in shown.candidates}
    advanced = shown.advance(Draft(shown.draft.before + typed))
    if advanced is None:
        fitting = [c.text for c in shown.candidates if c.text.startswith(typed)]
        assert not fitting or fitting[0] == typed
        return
    after = [advanced.draft.before + c.text for c in advanced.candidates]
    assert set(after) <= before
    assert len(set(after)) == len(after)
    assert all(c.text for c in advanced.candidates)


@given(shown=suggestions, typed=letters)
def test_typing_at_once_or_letter_by_letter_is_the_same(shown: Suggestion, typed: str) -> None:
    at_once = shown.advance(Draft(shown.draft.before + typed))
    stepwise: Suggestion | None = shown
    for letter in typed:
        if stepwise is not None:
            stepwise = stepwise.advance(stepwise.draft.apply(Keystroke.typing(letter)))
    if at_once is not None and stepwise is not None:
        assert [c.text for c in at_once.candidates] == [c.text for c in stepwise.candidates]
