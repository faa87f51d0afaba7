"""Where a suggestion could only be in the way, none is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.trigger import Suppression, TriggerPolicy

POLICY = TriggerPolicy()
DINNER = Conversation((Turn("Ana", "are we still on for dinner tomorrow?"),))


def reason(before: str, after: str = "", conversation: Conversation = DINNER) -> Suppression | None:
    return POLICY.decide(conversation, Draft(before, after))


@pytest.mark.parametrize(
    "before",
    [
        "",
        "how about sev",
        "see you tomorrow ",
        "it's 7 ",
        "7pm wor",
        "I <3 yo",
        "haha :) th",
        "well... may",
        "my pin board is fu",
        "and/o",
        "@ana wh",
        "caf\u00e9 au l",
        "well-kno",
        "\U0001f602 tha",
        "e.g. th",
        "what (or wh",
        "the password is secret, I won't te",
    ],
)
def test_ordinary_talk_is_completed(before: str) -> None:
    assert reason(before) is None


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("see you at 7", Suppression.NUMBER),
        ("it costs $", Suppression.NUMBER),
        ("on 12/11/", Suppression.NUMBER),
        ("look at https://exam", Suppression.URL),
        ("look at www.exam", Suppression.URL),
        ("mail me at ana@exam", Suppression.URL),
        ("it is on github.com/quick", Suppression.URL),
        ("/join #chan", Suppression.CODE),
        ("$ ls -", Suppression.CODE),
        ("use `foo", Suppression.CODE),
        ("call my_func", Suppression.CODE),
        ("then foo(", Suppression.CODE),
        ("std::vec", Suppression.CODE),
        ("in ~/pro", Suppression.CODE),
        ("the password is hun", Suppression.SECRET),
        ("PIN: 12", Suppression.SECRET),
        ("my card 4111 1111 1111 1", Suppression.SECRET),
        ("here: sk-Ab3dEf9hIjKlMn", Suppression.SECRET),
    ],
)
def test_numbers_addresses_code_and_secrets_are_not(before: str, expected: Suppression) -> None:
    assert reason(before) is expected


def test_inside_a_word_nothing_fits() -> None:
    assert reason("tomo", "row") is Suppression.INSIDE_WORD
    assert reason("see you ", "tomorrow") is None
    assert reason("tomo", " then") is None


def test_a_language_in_other_letters_is_not_known() -> None:
    russian = Conversation(
        (Turn("Ana", "\u043f\u0440\u0438\u0432\u0435\u0442 \u0432\u0441\u0435\u043c"),)
    )
    assert reason("", conversation=russian) is Suppression.LANGUAGE
    assert reason("\u043a\u0430\u043a \u0434\u0435\u043b\u0430") is Suppression.LANGUAGE
    assert reason("hello everyone", conversation=russian) is None
    assert reason("ok \u03bb") is None


class TestAfterADismissal:
    def decide(self, dismissed: Draft, draft: Draft) -> Suppression | None:
        return POLICY.decide(DINNER, draft, dismissed)

    def test_the_rest_of_the_word_is_typed_in_peace(self) -> None:
        dismissed = Draft("see you to")
        assert self.decide(dismissed, dismissed) is Suppression.DISMISSED
        assert self.decide(dismissed, Draft("see you tomo")) is Suppression.DISMISSED

    def test_the_next_word_is_completed_again(self) -> None:
        assert self.decide(Draft("see you to"), Draft("see you tomorrow ")) is None

    def test_so_is_another_message(self) -> None:
        assert self.decide(Draft("see you to"), Draft("how ")) is None


@given(before=st.text(max_size=60), after=st.text(max_size=10))
def test_any_text_gets_a_decision(before: str, after: str) -> None:
    """Whatever stands in a field, deciding never fails."""
    assert reason(before, after) in {None, *Suppression}
