"""Reads the messages around a field: level by level, many questions at once, and never for long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ui.platform.interface import Rect, ScreenConversation
from ui.platform.roles import EMBEDDED, RoleNumber
from ui.platform.speakers import Own, who_said_what
from ui.platform.transcript import (
    MESSAGES,
    NAMING,
    RUNS,
    SILENT,
    Node,
    find_transcript,
    names_beside,
    partner_of,
)
from ui.x11 import atspi
from ui.x11.atspi import StateBit
from ui.x11.bus import Bus, Call, Ref, first, getting, value

if TYPE_CHECKING:
    from ui.x11.eyes import Seen

NODES, SECONDS, CHARACTERS = 3000, 1.0, 8000
_NEWEST = 40
"""Children that are looked at in each container, from the end: messages are there."""
_QUESTIONS = 6


def read_conversation(bus: Bus, seen: Seen, own: Own) -> ScreenConversation | None:
    """The conversation around a field; None when there is none to be seen.

    Raises:
        ConnectionError: The bus is gone.
        TimeoutError: The app is too slow at present: what was read may be half of it.
    """
    box = seen.facts.box
    if box is None:
        return None
    place = seen.place
    root = Node(place.document or place.top, 0, None)
    read_tree(bus, root, seen.node, place.program.traits.shown)
    partner = partner_of(str(value(bus.one(getting(place.top, atspi.ACCESSIBLE, "Name")), "")))
    found = find_transcript(root, box)
    known = Own(names_beside(root, box), own.sent, own.name)
    person = "" if partner.startswith("#") else partner
    spoken = who_said_what(found.messages, found.column, person, known)
    newest = spoken.conversation.newest(CHARACTERS)
    return ScreenConversation("".join(seen.node), newest, spoken.me, partner)


def read_tree(bus: Bus, root: Node, entry: Ref, shown: StateBit) -> None:
    """Fill in what is below an object, without the field itself and what nobody says.

    `shown`: what an object says of itself that can be seen.

    Raises:
        ConnectionError: The bus is gone.
        TimeoutError: The app is too slow at present: what was read may be half of it.
    """
    end, seen, level = time.monotonic() + SECONDS, 1, [root]
    while level and seen < NODES:
        wanted = _look_at(bus, level, entry, shown, top=level[0] is root)
        pairs = bus.ask([Call(node.ref, atspi.ACCESSIBLE, "GetChildAtIndex", "i", (index,))
                         for node, index in wanted], SECONDS)  # fmt: skip
        level = []
        for (node, _), answer in zip(wanted, pairs, strict=True):
            ref = atspi.ref(first(answer, ("", "")))
            if ref is not None:
                node.children.append(Node(ref, 0, None))
                level.append(node.children[-1])
        seen += len(level)
        if time.monotonic() > end or root.ref.owner in bus.hung:
            raise TimeoutError("the app is slow")


def _look_at(
    bus: Bus, level: list[Node], entry: Ref, shown: StateBit, *, top: bool
) -> list[tuple[Node, int]]:
    """Fill in one level; which children are to be looked at next."""
    answers = bus.ask([q for node in level for q in _questions(node.ref)], SECONDS)
    wanted: list[tuple[Node, int]] = []
    for index, node in enumerate(level):
        role, states, count, name, text, box = answers[index * _QUESTIONS :][:_QUESTIONS]
        bits, node.role = first(states, ()), int(first(role, 0))
        node.box = Rect(*first(box)) if box else None
        label = str(value(name, "")).strip()
        showing = atspi.has(bits, shown)
        typed_into = atspi.has(bits, StateBit.EDITABLE) and node.role != RoleNumber.DOCUMENT_WEB
        if not top and (node.ref == entry or not showing or typed_into):
            continue
        if node.role in SILENT:
            node.text = label if node.role in NAMING else ""
            continue
        words, children = str(first(text, "")), int(value(count, 0))
        runs = children > 1 and node.role in RUNS
        if children and (runs or EMBEDDED in words or not words.strip()):
            node.text = words if words.replace(EMBEDDED, "").strip() else ""
            wanted += [(node, i) for i in range(max(0, children - _NEWEST), children)]
        else:
            node.text = words if words.strip() else _label(node.role, label)
    return wanted


def _label(role: int, name: str) -> str:
    """Some toolkits give a message's text as the name of its object."""
    return name if role in {RoleNumber.LABEL, RoleNumber.STATIC, *MESSAGES} else ""


def _questions(node: Ref) -> list[Call]:
    return [
        Call(node, atspi.ACCESSIBLE, "GetRole"),
        Call(node, atspi.ACCESSIBLE, "GetState"),
        getting(node, atspi.ACCESSIBLE, "ChildCount"),
        getting(node, atspi.ACCESSIBLE, "Name"),
        atspi.text_call(node, 0, -1),
        atspi.extents_call(node),
    ]
