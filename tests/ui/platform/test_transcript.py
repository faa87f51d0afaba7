"""Which messages stand on a screen, and who said them: trees that real apps gave."""

from __future__ import annotations

import pytest

from tests.ui.platform import trees
from ui.platform.interface import Rect
from ui.platform.roles import RoleNumber
from ui.platform.speakers import Own, Spoken, who_said_what
from ui.platform.transcript import Node, find_transcript, names_beside, partner_of


def read(root: Node, field: Rect, partner: str = "", own: Own | None = None) -> Spoken:
    """As the backends do it."""
    found = find_transcript(root, field)
    known = own or Own(names_beside(root, field))
    return who_said_what(found.messages, found.column, partner, known)


def told(spoken: Spoken) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in spoken.conversation.turns]


def test_bubbles_on_two_sides_without_notices_chats_and_people() -> None:
    spoken = read(trees.srain(), trees.SRAIN_FIELD)
    assert spoken.me == "me"
    assert told(spoken) == [
        ("maria", "are we still on for friday?"),
        ("maria", "I can bring the salad"),
        ("me", "the usual place at eight"),
        ("maria", "or bread: what is better?"),
    ]


def test_a_log_in_which_one_writes_under_the_name_beside_the_field() -> None:
    spoken = read(trees.konversation(), trees.KONVERSATION_FIELD)
    assert spoken.me == "ann"
    assert told(spoken) == [
        ("ann", "sure"),
        ("maria", "I can bring the salad"),
        ("maria", "or bread: what is better?"),
    ]


@pytest.mark.parametrize(
    "log", ["", "[10:00] [Info] Looking for server", "[10:00] [Info] Looking\n[10:00] [MOTD] hi"]
)
def test_a_log_in_which_nobody_spoke(log: str) -> None:
    assert told(read(trees.konversation(log), trees.KONVERSATION_FIELD)) == []


@pytest.mark.parametrize(
    ("page", "field"),
    [
        (trees.chromium(), trees.CHROMIUM_FIELD),
        (trees.firefox(), trees.FIREFOX_FIELD),
    ],
)
def test_a_web_chat_in_two_browsers(page: Node, field: Rect) -> None:
    spoken = read(page, field, "Maria")
    assert spoken.me == "You"
    assert told(spoken) == [("Maria", "are we on?"), ("You", "yes"), ("Maria", "for six or seven?")]


def test_senders_that_are_buttons() -> None:
    spoken = read(trees.slack_like(), trees.SLACK_FIELD, own=Own(sent=("sure",), name="Ann"))
    assert spoken.me == "Ann"
    assert told(spoken) == [("Maria", "lunch?"), ("Ann", "sure"), ("Maria", "at one?")]


def test_a_heading_over_a_message_names_its_sender() -> None:
    def message(y: int, head: str, text: str) -> Node:
        heading = trees.node(RoleNumber.HEADING, (0, y, 200, 20), head)
        return trees.node(
            RoleNumber.ARTICLE, (0, y, 500, 40), "", heading,
            trees.node(RoleNumber.PARAGRAPH, (0, y + 20, 300, 20), text),
        )  # fmt: skip

    log = trees.node(
        RoleNumber.LOG, (0, 0, 500, 400), "",
        message(0, "Maria \u2014 Today at 10:30", "lunch?"),
        message(50, "You sent", "sure"),
    )  # fmt: skip
    page = trees.node(RoleNumber.DOCUMENT_WEB, (0, 0, 500, 500), "", log)
    assert told(read(page, Rect(0, 420, 500, 40))) == [("Maria", "lunch?"), ("You", "sure")]


def test_a_list_that_is_built_from_its_end_is_turned_round() -> None:
    rows = [
        trees.node(RoleNumber.LIST_ITEM, (0, y, 300, 20), text)
        for y, text in ((60, "Ann: three"), (40, "Ben: two"), (20, "Ann: one"))
    ]
    page = trees.node(
        RoleNumber.FRAME, (0, 0, 300, 200), "",
        trees.node(RoleNumber.LIST, (0, 0, 300, 150), "", *rows),
    )  # fmt: skip
    assert told(read(page, Rect(0, 160, 300, 30))) == [
        ("Ann", "one"),
        ("Ben", "two"),
        ("Ann", "three"),
    ]


def test_rows_in_a_page_without_roles() -> None:
    rows = [
        trees.node(
            RoleNumber.SECTION, (x, y, 100, 20), "",
            trees.node(RoleNumber.SECTION, (x, y, 100, 20), text),
        )
        for x, y, text in ((0, 0, "lunch?"), (200, 30, "sure, when?"), (0, 60, "at one"))
    ]  # fmt: skip
    page = trees.node(
        RoleNumber.DOCUMENT_WEB, (0, 0, 300, 200), "",
        trees.node(RoleNumber.SECTION, (0, 0, 300, 150), "", *rows),
    )  # fmt: skip
    spoken = read(page, Rect(0, 160, 300, 30), "Maria")
    assert told(spoken) == [("Maria", "lunch?"), ("me", "sure, when?"), ("Maria", "at one")]


@pytest.mark.parametrize(
    ("title", "partner"),
    [
        ("Chat with Maria - Chat", "Maria"),
        ("Conversation with Ben", "Ben"),
        ("#dinner @ local - srain", "#dinner"),
        ("#dinner \u2014 Konversation", "#dinner"),
        ("Untitled document", ""),
    ],
)
def test_whom_a_window_is_about(title: str, partner: str) -> None:
    assert partner_of(title) == partner
