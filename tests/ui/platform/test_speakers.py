"""Who said what, from the pieces of text that stand on a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.platform.interface import Rect
from ui.platform.speakers import ME, THEM, Message, Own, is_passing, who_said_what

COLUMN = Rect(0, 0, 400, 600)
LEFT, RIGHT, MIDDLE = Rect(0, 0, 150, 20), Rect(250, 0, 150, 20), Rect(130, 0, 140, 20)


def lines(
    *texts: str, partner: str = "", own: Own | None = None
) -> tuple[str, list[tuple[str, str]]]:
    """Who types, and what is read from a log with these lines."""
    message = Message(("\n".join(texts),), COLUMN, log=True)
    spoken = who_said_what([message], COLUMN, partner, own)
    return spoken.me, [(turn.speaker, turn.text) for turn in spoken.conversation.turns]


@pytest.mark.parametrize(
    "line",
    [
        "<ann> are we on?", "[10:01] <ann> are we on?", "10:01 <@ann> are we on?",
        "10:01:30 <+ann> are we on?", "[21.11. 10:01] <ann> are we on?",
        "[Saturday, 21 November 2026] [10:00:39 UTC]<ann> are we on?",
    ],
)  # fmt: skip
def test_lines_of_irc(line: str) -> None:
    assert lines(line)[1] == [("ann", "are we on?")]


def test_in_a_log_with_names_in_angles_a_colon_names_nobody() -> None:
    assert lines("<ann> hi", "[10:02] <ben> note: bring salad")[1] == [
        ("ann", "hi"),
        ("ben", "note: bring salad"),
    ]


def test_what_the_app_says_itself_is_left_out_and_longer_messages_go_on() -> None:
    assert lines(
        "[10:00] *** ann has joined", "[10:01] <ann> first", "and second", "[10:02] --> ben joined",
        "* ann waves",
    )[1] == [("ann", "first and second")]  # fmt: skip


def test_lines_with_colons() -> None:
    assert lines("(10:01) Ann: hi", "(10:02) Ben Smith: at 8: fine?")[1] == [
        ("Ann", "hi"),
        ("Ben Smith", "at 8: fine?"),
    ]


def test_one_colon_among_bubbles_names_nobody() -> None:
    bubbles = [Message((text,), LEFT) for text in ("hello", "note: salad", "and bread", "ok?")]
    spoken = who_said_what(bubbles, COLUMN, "Maria")
    assert {turn.speaker for turn in spoken.conversation.turns} == {"Maria"}
    assert spoken.conversation.turns[1].text == "note: salad"


def test_sides_tell_when_names_do_not_and_notices_stand_in_the_middle() -> None:
    messages = [
        Message(("Today",), MIDDLE),
        Message(("lunch?",), LEFT),
        Message(("sure", "10:02", "\u2713\u2713"), RIGHT),
        Message(("yes", "a short paragraph before another"), LEFT),
    ]
    spoken = who_said_what(messages, COLUMN, "")
    assert [(turn.speaker, turn.text) for turn in spoken.conversation.turns] == [
        (THEM, "lunch?"),
        (ME, "sure"),
        (THEM, "yes a short paragraph before another"),
    ]


def test_a_message_without_a_name_belongs_to_the_one_above_it() -> None:
    messages = [Message(("Maria", "lunch?"), LEFT), Message(("at one?",), LEFT)]
    spoken = who_said_what(messages, COLUMN, "")
    assert {turn.speaker for turn in spoken.conversation.turns} == {"Maria"}


def test_own_messages_on_the_right_do_not_go_on_under_the_others_name() -> None:
    messages = [Message(("Maria", "lunch?"), LEFT), Message(("sure",), RIGHT)]
    spoken = who_said_what(messages, COLUMN, "")
    assert [turn.speaker for turn in spoken.conversation.turns] == ["Maria", ME]


@pytest.mark.parametrize(
    ("own", "me"),
    [
        (Own(beside=("Ann",)), "ann"),
        (Own(sent=("of course we are",)), "ann"),
        (Own(name="ann"), "ann"),
        (Own(sent=("hi",)), ME),
        (Own(beside=("Send",)), ME),
        (Own(), ME),
    ],
)
def test_how_one_is_called(own: Own, me: str) -> None:
    assert lines("<maria> are we on?", "<ann> of course we are", own=own)[0] == me


def test_what_both_said_tells_nothing() -> None:
    assert lines("<maria> good night", "<ann> good night", own=Own(sent=("good night",)))[0] == ME


def test_you_is_oneself_whatever_else_is_known() -> None:
    assert lines("You: sure", "Ann: fine", own=Own(beside=("Ann",)))[0] == "You"


@pytest.mark.parametrize("text", ["10:01", "Today at 10:01 AM", "21.11.2026, 10:01", "\u2713", " "])
def test_times_and_ticks_pass(text: str) -> None:
    assert is_passing(text)


@pytest.mark.parametrize("text", ["today", "friday", "at 8", "21.11.", "10", "ok"])
def test_short_answers_do_not(text: str) -> None:
    assert not is_passing(text)


BOXES = st.builds(
    Rect, st.integers(-50, 500), st.integers(0, 600), st.integers(1, 400), st.just(20)
)
TEXTS = st.text("ab :<>\n10.*-\u2713", max_size=20)


@given(
    st.lists(st.builds(Message, st.lists(TEXTS, max_size=3).map(tuple), BOXES), max_size=6), TEXTS
)
def test_whatever_stands_there_each_turn_has_a_speaker_and_a_text(
    messages: list[Message], partner: str
) -> None:
    spoken = who_said_what(messages, COLUMN, partner)
    assert spoken.me
    assert all(turn.speaker and turn.text for turn in spoken.conversation.turns)
