"""Reads the messages around a field: level by level, many questions at once, and never for long."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ui.platform.interface import Rect, ScreenConversation
from ui.x11 import atspi
from ui.x11.atspi import EMBEDDED, RoleNumber, StateBit
from ui.x11.bus import Bus, Call, Ref, first, getting, value
from ui.x11.reading import expand
from ui.x11.speakers import Message, who_said_what

if TYPE_CHECKING:
    from ui.x11.eyes import Seen

NODES, SECONDS, CHARACTERS = 3000, 0.4, 8000
_NEWEST = 40
"""Children that are looked at in each container, from the end: messages are there."""
_SILENT = frozenset(
    {
        RoleNumber.SCROLL_BAR, RoleNumber.MENU_BAR, RoleNumber.MENU, RoleNumber.MENU_ITEM,
        RoleNumber.PUSH_BUTTON, RoleNumber.TOGGLE_BUTTON, RoleNumber.TOOL_BAR,
        RoleNumber.PAGE_TAB_LIST, RoleNumber.STATUS_BAR, RoleNumber.SEPARATOR, RoleNumber.ICON,
        RoleNumber.IMAGE, RoleNumber.TABLE_COLUMN_HEADER, RoleNumber.COLUMN_HEADER,
        RoleNumber.CHECK_BOX, RoleNumber.RADIO_BUTTON, RoleNumber.COMBO_BOX, RoleNumber.TOOL_TIP,
        RoleNumber.PASSWORD_TEXT, RoleNumber.TERMINAL, RoleNumber.HEADING,
    }
)  # fmt: skip
_MESSAGES = frozenset(
    {RoleNumber.ARTICLE, RoleNumber.LIST_ITEM, RoleNumber.COMMENT, RoleNumber.TABLE_CELL}
)
_QUESTIONS = 6
_END_OF_NAME = re.compile(r"\s[-|\u2013\u2014]\s")


@dataclass(slots=True)
class Node:
    """One object of the tree, as far as it was read; `text` is that of a leaf."""

    ref: Ref
    role: int
    box: Rect | None
    text: str = ""
    children: list[Node] = field(default_factory=list)


def read_conversation(bus: Bus, seen: Seen) -> ScreenConversation | None:
    """The conversation around a field; None when there is none to be seen.

    Raises:
        ConnectionError: The bus is gone.
    """
    box = seen.facts.box
    if box is None:
        return None
    place = seen.place
    root = Node(place.document or place.top, 0, None)
    _read_tree(bus, root, seen.node)
    title = str(value(bus.one(getting(place.top, atspi.ACCESSIBLE, "Name")), ""))
    partner = partner_of(title)
    messages = [message for message in messages_of(root) if _answers(message.box, box)]
    spoken = who_said_what(messages, box, partner)
    newest = spoken.conversation.newest(CHARACTERS)
    return ScreenConversation("".join(seen.node), newest, spoken.me, partner)


def messages_of(root: Node) -> list[Message]:
    """The messages of a tree, in its order."""
    found: list[Message] = []
    for child in root.children:
        if child.role in _MESSAGES or root.role == RoleNumber.LOG:
            leaves = _leaves(child)
            if leaves:
                found.append(Message(tuple(leaf.text for leaf in leaves), _around(leaves)))
        elif child.children:
            found += messages_of(child)
        elif child.text and child.box:
            found.append(Message((child.text,), child.box))
    return found


def partner_of(title: str) -> str:
    """Whom a window is about, from a title such as `Chat with Maria - App`; else ""."""
    for opening in ("chat with ", "conversation with "):
        at = title.casefold().find(opening)
        if at >= 0:
            rest = title[at + len(opening) :]
            return _END_OF_NAME.split(rest)[0].strip()
    return ""


def _leaves(node: Node) -> list[Node]:
    if not node.children:
        return [node] if node.text and node.box else []
    return [leaf for child in node.children for leaf in _leaves(child)]


def _around(nodes: list[Node]) -> Rect:
    boxes = [node.box for node in nodes if node.box]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    return Rect(x, y, right - x, max(box.y + box.height for box in boxes) - y)


def _answers(message: Rect, entry: Rect) -> bool:
    """Messages stand above the field, over or under each other with it."""
    shared = min(message.x + message.width, entry.x + entry.width) - max(message.x, entry.x)
    above = message.y < entry.y + entry.height // 2
    return above and shared > 0.5 * min(message.width, entry.width)


def _read_tree(bus: Bus, root: Node, entry: Ref) -> None:
    end, seen, level = time.monotonic() + SECONDS, 1, [root]
    while level and seen < NODES and time.monotonic() < end:
        wanted = _look_at(bus, level, entry, top=level[0] is root)
        pairs = bus.ask([Call(node.ref, atspi.ACCESSIBLE, "GetChildAtIndex", "i", (index,))
                         for node, index in wanted])  # fmt: skip
        level = []
        for (node, _), answer in zip(wanted, pairs, strict=True):
            ref = atspi.ref(first(answer, ("", "")))
            if ref is not None:
                node.children.append(Node(ref, 0, None))
                level.append(node.children[-1])
        seen += len(level)


def _look_at(bus: Bus, level: list[Node], entry: Ref, *, top: bool) -> list[tuple[Node, int]]:
    """Fill in one level; which children are to be looked at next."""
    answers = bus.ask([question for node in level for question in _questions(node.ref)])
    wanted: list[tuple[Node, int]] = []
    for index, node in enumerate(level):
        role, states, count, name, text, box = answers[index * _QUESTIONS :][:_QUESTIONS]
        bits, node.role = first(states, ()), int(first(role, 0))
        node.box = Rect(*first(box)) if box else None
        hidden = node.role in _SILENT or not atspi.has(bits, StateBit.SHOWING)
        typed_into = atspi.has(bits, StateBit.EDITABLE) and node.role != RoleNumber.DOCUMENT_WEB
        if not top and (node.ref == entry or hidden or typed_into):
            continue
        words, children = str(first(text, "")), int(value(count, 0))
        if children and (EMBEDDED in words or not words.strip()):
            if words.replace(EMBEDDED, "").strip() and node.role not in _MESSAGES:
                node.text = " ".join(expand(bus, node.ref, words, 0).split())
            else:
                wanted += [(node, i) for i in range(max(0, children - _NEWEST), children)]
        else:
            node.text = words.strip() or _label(node.role, str(value(name, "")))
    return wanted


def _label(role: int, name: str) -> str:
    """Some toolkits give a message's text as the name of its object."""
    named = {RoleNumber.LABEL, RoleNumber.STATIC, *_MESSAGES}
    return name.strip() if role in named else ""


def _questions(node: Ref) -> list[Call]:
    return [
        Call(node, atspi.ACCESSIBLE, "GetRole"),
        Call(node, atspi.ACCESSIBLE, "GetState"),
        getting(node, atspi.ACCESSIBLE, "ChildCount"),
        getting(node, atspi.ACCESSIBLE, "Name"),
        atspi.text_call(node, 0, -1),
        atspi.extents_call(node),
    ]
