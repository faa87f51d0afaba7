"""The ghost text as keys and answers come and go."""

from __future__ import annotations

from quicktype.draft import Draft
from quicktype.playground.ghost import Ghost
from quicktype.suggestion import Candidate, Word, split_words


def candidate(text: str) -> Candidate:
    return Candidate(tuple(Word(word, 0.5) for word in split_words(text)))


def ghost_at(before: str, *texts: str) -> Ghost:
    ghost = Ghost()
    number = ghost.edited(Draft(before))
    assert number is not None
    assert ghost.answered(number, tuple(candidate(text) for text in texts))
    return ghost


def test_typing_along_consumes_without_a_request_and_straying_asks_anew() -> None:
    ghost = ghost_at("how about sev", "en o'clock?")
    assert ghost.edited(Draft("how about seve")) is None
    assert ghost.text == "n o'clock?"
    assert ghost.edited(Draft("how about sevex")) is not None
    assert ghost.text == ""


def test_an_answer_to_an_older_question_is_dropped() -> None:
    ghost = Ghost()
    old = ghost.edited(Draft("a"))
    new = ghost.edited(Draft("b"))
    assert old is not None
    assert new is not None
    assert not ghost.answered(old, (candidate("pple"),))
    assert ghost.text == ""
    assert ghost.answered(new, (candidate("anana"),))
    assert ghost.text == "anana"


def test_a_better_answer_that_comes_while_typing_along_is_fitted_to_the_draft() -> None:
    ghost = Ghost()
    number = ghost.edited(Draft("see you"))
    assert number is not None
    ghost.answered(number, (candidate(" tomorrow"),))
    ghost.edited(Draft("see you to"))
    assert ghost.answered(number, (candidate(" tomorrow at eight"), candidate(" tonight")))
    assert ghost.text == "morrow at eight"
    assert ghost.answered(number, (candidate(" later"),))
    assert ghost.text == "morrow at eight"


def test_an_empty_answer_hides_what_showed() -> None:
    ghost = Ghost()
    number = ghost.edited(Draft("ok"))
    assert number is not None
    ghost.answered(number, (candidate(" then"),))
    assert ghost.answered(number, ())
    assert ghost.text == ""


def test_words_are_taken_one_by_one_and_the_rest_stays() -> None:
    ghost = ghost_at("how about sev", "en o'clock then?")
    assert ghost.take_word() == "en"
    assert ghost.edited(Draft("how about seven")) is None
    assert ghost.take_word() == " o'clock"
    assert ghost.edited(Draft("how about seven o'clock")) is None
    assert ghost.take_all() == " then?"
    assert ghost.edited(Draft("how about seven o'clock then?")) is not None
    assert ghost.take_word() == ""
    assert ghost.take_all() == ""


def test_the_insertion_goes_back_whole_straight_after_it_and_then_there_is_quiet() -> None:
    ghost = ghost_at("how about sev", "en o'clock?")
    assert ghost.take_back() == 0
    ghost.take_all()
    ghost.edited(Draft("how about seven o'clock?"))
    assert ghost.take_back() == len("en o'clock?")
    assert ghost.edited(Draft("how about sev")) is None
    assert ghost.text == ""
    assert ghost.take_back() == 0
    assert ghost.edited(Draft("how about seve")) is not None


def test_a_key_after_the_insertion_ends_the_way_back() -> None:
    ghost = ghost_at("how about sev", "en o'clock?")
    ghost.take_word()
    ghost.edited(Draft("how about seven"))
    ghost.edited(Draft("how about seven "))
    assert ghost.take_back() == 0


def test_dismissing_hides_it_and_what_is_on_its_way() -> None:
    ghost = Ghost()
    number = ghost.edited(Draft("see"))
    assert number is not None
    ghost.answered(number, (candidate(" you"),))
    ghost.dismiss()
    assert not ghost.answered(number, (candidate(" you tomorrow"),))
    assert ghost.text == ""


def test_candidates_come_round() -> None:
    ghost = ghost_at("see you", " tomorrow", " later", " soon")
    seen = []
    for _ in range(4):
        seen.append(ghost.text)
        ghost.next_candidate()
    assert seen == [" tomorrow", " later", " soon", " tomorrow"]


def test_with_nothing_shown_the_keys_do_nothing() -> None:
    ghost = Ghost()
    ghost.next_candidate()
    ghost.dismiss()
    assert (ghost.text, ghost.take_word(), ghost.take_back()) == ("", "", 0)
