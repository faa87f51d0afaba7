"""As whom somebody writes: learned from what they sent."""

from __future__ import annotations

from quicktype.conversation import Conversation, Turn
from ui.platform.interface import ScreenConversation
from ui.x11.bus import Ref
from ui.x11.reader import OwnMessages

ROOM, OTHER, ELSEWHERE = Ref(":1.5", "/1"), Ref(":1.5", "/2"), Ref(":1.6", "/1")


def screen(*turns: tuple[str, str], me: str = "me") -> ScreenConversation:
    return ScreenConversation("", Conversation(tuple(Turn(*turn) for turn in turns)), me)


def test_a_field_that_is_emptied_may_have_been_sent() -> None:
    own = OwnMessages()
    for text in ("", "of cou", "of course", ""):
        own.follow(ROOM, text)
    assert own.known(None).sent == ("of course",)


def test_what_stood_there_before_proves_nothing() -> None:
    own = OwnMessages()
    own.follow(ROOM, "good night")
    own.follow(ROOM, "")
    assert own.known(screen(("maria", "good night"))).sent == ()


def test_a_name_that_was_learned_holds_in_the_whole_app_and_nowhere_else() -> None:
    own = OwnMessages()
    own.follow(ROOM, "of course")
    own.follow(ROOM, "")
    own.learn(screen(("maria", "lunch?"), ("ann", "of course"), me="ann"))
    assert (own.known(None).sent, own.known(None).name) == ((), "ann")
    own.follow(OTHER, "")
    assert own.known(None).name == "ann"
    own.follow(ELSEWHERE, "")
    assert own.known(None).name == ""


def test_what_was_typed_in_another_field_is_forgotten() -> None:
    own = OwnMessages()
    own.follow(ROOM, "of course")
    own.follow(OTHER, "")
    assert own.known(None).sent == ()
