"""Who said what, read from the screen of real apps."""

from __future__ import annotations

import pytest

from quicktype.conversation import Turn
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.story import Story
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.platform.interface import ScreenConversation
from ui.x11.platform import X11Platform

BOOKING = (
    Turn("Maria", "are we still on for friday?"),
    Turn("Me", "yes, at the usual place"),
    Turn("Maria", "great, should I book the table for six or for seven people?"),
)
LUNCH = (
    Turn("Ben", "lunch?"),
    Turn("Me", "sure, when?"),
    Turn("Ben", "half past twelve at the corner"),
)
ON_THE_WEB = (BOOKING[0], Turn("You", "yes, at the usual place"), BOOKING[2])


@pytest.mark.parametrize(
    ("app", "field", "index", "turns", "me", "partner"),
    [
        ("qt_chat", "line", 0, BOOKING, "Me", "Maria"),
        ("gtk_entry", "line", 0, LUNCH, "Me", "Ben"),
        ("web_chat", "message", 1, ON_THE_WEB, "You", "Maria"),
    ],
)
def test_the_conversation_with_its_speakers(
    app: str,
    field: str,
    index: int,
    turns: tuple[Turn, ...],
    me: str,
    partner: str,
    request: pytest.FixtureRequest,
    fingers: Fingers,
    suggester: Suggester,
    platform: X11Platform,
) -> None:
    story = Story(request.getfixturevalue(app), field, index, fingers, suggester, platform)
    story.begin()

    def last() -> ScreenConversation | None:
        ours = [talk for talk in suggester.conversations if _fits(talk, suggester)]
        return ours[-1] if ours else None

    found = wait_for(last, "the conversation")
    assert found is not None
    assert found.conversation.turns[:3] == turns
    assert (found.me, found.partner) == (me, partner)


def test_a_message_that_is_sent_is_read(
    qt_chat: object, request: pytest.FixtureRequest, fingers: Fingers, suggester: Suggester,
    platform: X11Platform,
) -> None:  # fmt: skip
    story = Story(request.getfixturevalue("qt_chat"), "line", 0, fingers, suggester, platform)
    story.begin()
    story.type("see you at nine\n")

    def told() -> bool:
        return any(
            talk.conversation.turns[-1:] == (Turn("Me", "see you at nine"),)
            for talk in suggester.conversations
        )

    wait_for(told, "the new message")


def _fits(talk: ScreenConversation, suggester: Suggester) -> bool:
    return bool(suggester.field and talk.field == suggester.field.identity)
