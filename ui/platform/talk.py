"""From what stands on a screen to who said what, whatever the screen is read with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ui.platform.interface import ScreenConversation
from ui.platform.roles import RoleNumber
from ui.platform.speakers import Own, who_said_what
from ui.platform.transcript import find_transcript, names_beside, partner_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.interface import Rect
    from ui.platform.transcript import Node

NODES, SECONDS, NEWEST = 1500, 0.4, 40
"""How much of a screen is read at most; of each container only the newest children are."""
CHARACTERS = 8000
_CLOSED = frozenset(
    {
        RoleNumber.SCROLL_BAR, RoleNumber.MENU, RoleNumber.MENU_BAR, RoleNumber.TOOL_BAR,
        RoleNumber.PUSH_BUTTON, RoleNumber.COMBO_BOX, RoleNumber.ENTRY, RoleNumber.PASSWORD_TEXT,
    }
)  # fmt: skip
"""Nobody says anything in there; their names may tell who is who."""
_LEAVES = frozenset({RoleNumber.LABEL, RoleNumber.HEADING, RoleNumber.LINK})
SPEAKING = _LEAVES | {RoleNumber.LIST_ITEM, RoleNumber.PUSH_BUTTON, RoleNumber.COMBO_BOX}
"""Objects whose name is something that stands on the screen."""


def grow(root: Node, children_of: Callable[[Any], list[Node]]) -> None:
    """Fill in what is below an object, level by level, and never for long.

    `children_of` asks for the newest children of one object of the system's.
    """
    end, seen, level = time.monotonic() + SECONDS, 1, [root]
    while level and seen < NODES:
        following: list[Node] = []
        for node in level:
            if time.monotonic() > end:
                return
            if node.role in _CLOSED:
                continue
            node.children = children_of(node.ref)
            seen += len(node.children)
            following += node.children
            if node.children and node.role not in _LEAVES:
                node.text = ""  # its name is the sum of what is in it
        level = following


def conversation_around(root: Node, box: Rect, field: str, title: str) -> ScreenConversation | None:
    """The conversation that somebody answers who types into `box`; None when nothing is said."""
    partner = partner_of(title)
    found = find_transcript(root, box)
    person = "" if partner.startswith("#") else partner
    own = Own(names_beside(root, box))
    spoken = who_said_what(found.messages, found.column, person, own)
    newest = spoken.conversation.newest(CHARACTERS)
    return ScreenConversation(field, newest, spoken.me, partner) if newest.turns else None
