"""Who says what, and when, in the playground."""

from __future__ import annotations

from quicktype.conversation import Conversation, Turn
from quicktype.playground.room import Room


def turns(*lines: str) -> list[Turn]:
    pairs = (line.split(": ", 1) for line in lines)
    return [Turn(speaker, text) for speaker, text in pairs]


def test_a_script_with_the_partners_lines_alone_answers_each_message_with_one() -> None:
    room = Room(Conversation(tuple(turns("Ben: hi"))), "Ana", turns("Ben: great", "Ben: bye"))
    assert room.open() == []
    assert room.send("dinner?") == turns("Ana: dinner?", "Ben: great")
    assert room.send("at seven") == turns("Ana: at seven", "Ben: bye")
    assert room.send("bye") == turns("Ana: bye")
    assert len(room.conversation.turns) == 6


def test_in_an_empty_conversation_the_script_opens() -> None:
    room = Room(Conversation(), "Ana", turns("Ben: hi", "Ben: still there?"))
    assert room.open() == turns("Ben: hi")
    assert room.send("yes") == turns("Ana: yes", "Ben: still there?")


def test_a_script_with_both_sides_keeps_its_course_and_i_write_my_own_lines() -> None:
    script = turns("Ben: hi", "Cem: hey", "Ana: hello", "Ana: you two?", "Ben: fine", "Ana: good")
    room = Room(Conversation(), "Ana", script)
    assert room.open() == turns("Ben: hi", "Cem: hey")
    assert room.send("what's up") == turns("Ana: what's up", "Ben: fine")
    assert room.send("nice") == turns("Ana: nice")
    assert room.send("bye") == turns("Ana: bye")


def test_pasted_lines_are_messages_and_a_single_line_only_of_somebody_here() -> None:
    room = Room(Conversation(tuple(turns("Ben: hi"))), "Ana")
    assert room.paste("Note: call mum") == []
    assert room.paste("no names here\nat all") == []
    assert room.paste("Ben: dinner?\r\n") == turns("Ben: dinner?")
    assert room.paste("Cem: me too\nBen: sure") == turns("Cem: me too", "Ben: sure")
    assert room.conversation.turns == tuple(
        turns("Ben: hi", "Ben: dinner?", "Cem: me too", "Ben: sure")
    )


def test_everybody_can_be_the_one_who_types_in_turn() -> None:
    room = Room(Conversation(tuple(turns("Ben: hi"))), "Ana", turns("Cem: hey"))
    assert [room.switch() for _ in range(3)] == ["Cem", "Ben", "Ana"]
    room.switch()
    assert room.send("it's me")[0] == Turn("Cem", "it's me")


def test_the_partner_is_the_other_who_spoke_last() -> None:
    room = Room(Conversation(tuple(turns("Ben: hi", "Cem: hey", "Ana: hello"))), "Ana")
    assert (room.partner(), room.is_answered()) == ("Cem", False)
    assert room.hear("Cem", "how are you?") == turns("Cem: how are you?")
    assert room.is_answered()
    assert Room(Conversation(), "Ana").partner() == "Partner"
    assert Room(Conversation(), "Ana").is_answered()
