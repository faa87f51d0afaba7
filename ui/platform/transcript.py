"""Finds the messages in a tree of accessible objects; pure: recorded trees are enough to try it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ui.platform.interface import Rect
from ui.platform.roles import EMBEDDED, RoleNumber
from ui.platform.speakers import Message, is_passing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SILENT = frozenset(
    {
        RoleNumber.SCROLL_BAR, RoleNumber.MENU_BAR, RoleNumber.MENU, RoleNumber.MENU_ITEM,
        RoleNumber.PUSH_BUTTON, RoleNumber.TOGGLE_BUTTON, RoleNumber.TOOL_BAR,
        RoleNumber.PAGE_TAB_LIST, RoleNumber.STATUS_BAR, RoleNumber.SEPARATOR, RoleNumber.ICON,
        RoleNumber.IMAGE, RoleNumber.TABLE_COLUMN_HEADER, RoleNumber.COLUMN_HEADER,
        RoleNumber.CHECK_BOX, RoleNumber.RADIO_BUTTON, RoleNumber.COMBO_BOX, RoleNumber.TOOL_TIP,
        RoleNumber.PASSWORD_TEXT, RoleNumber.TERMINAL,
    }
)  # fmt: skip
"""Nobody says anything there."""
NAMING = frozenset({RoleNumber.PUSH_BUTTON, RoleNumber.COMBO_BOX, RoleNumber.LABEL})
"""They may show, beside a field, as whom one writes."""
MESSAGES = frozenset(
    {RoleNumber.ARTICLE, RoleNumber.LIST_ITEM, RoleNumber.COMMENT, RoleNumber.TABLE_CELL}
)
RUNS = MESSAGES | {RoleNumber.SECTION, RoleNumber.PARAGRAPH}
"""A text of theirs may be made of several runs, and the first of them a name."""
_HOLDERS = frozenset(
    {
        RoleNumber.LOG,
        RoleNumber.LIST,
        RoleNumber.LIST_BOX,
        RoleNumber.TREE,
        RoleNumber.TREE_TABLE,
        RoleNumber.TABLE,
    }
)
_ACTIONS = frozenset(
    {
        "reply", "react", "more", "menu", "options", "more options", "more actions", "forward",
        "edit", "copy", "delete", "share", "play", "pause", "download", "save", "like", "pin",
        "add reaction", "message actions", "start a thread", "show more", "open", "close",
    }
)  # fmt: skip
_END_OF_NAME = re.compile(r"\s[-|\u2013\u2014]\s")
_ROOM = re.compile(r"(?:^|\s)(#[^\s,:]+)")
_FEWEST = 2
_LOG = 0.3
"""So much of the height above the field is a log, if it is one text."""
_COVERED = 0.4
"""So much of the field's width lies below what it answers; lists of people stand beside it."""


@dataclass(slots=True)
class Node:
    """One object, as far as it was read.

    `text` is what the object itself says, with EMBEDDED for each of the children, in their order;
    that of a silent object is its name.
    """

    ref: Any
    """What the system knows it by."""
    role: int
    box: Rect | None
    text: str = ""
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Messages in reading order, and the column that they stand in."""

    messages: tuple[Message, ...]
    column: Rect


def find_transcript(root: Node, entry: Rect) -> Transcript:
    """The messages that somebody answers who types into `entry`."""
    holder = _holder(root, entry)
    if holder is None or holder.box is None:
        loose = [m for node in _texts(root, _HOLDERS) if _answers((m := _message(node)).box, entry)]
        return Transcript(tuple(loose) if len(loose) >= _FEWEST else (), entry)
    messages = [m for m in _messages_of(holder) if m.box.y < entry.y + entry.height // 2]
    if messages and messages[0].box.y > messages[-1].box.y:
        messages.reverse()
    return Transcript(tuple(messages), holder.box)


def names_beside(root: Node, entry: Rect) -> tuple[str, ...]:
    """What stands in the field's row to its left: some apps tell there as whom one writes."""
    return tuple(
        node.text
        for node in _all(root)
        if node.role in NAMING
        and node.text
        and node.box
        and node.box.x + node.box.width <= entry.x + 2
        and entry.x - node.box.x - node.box.width < 2 * entry.height
        and abs(2 * (node.box.y - entry.y) + node.box.height - entry.height) < entry.height
    )


def partner_of(title: str) -> str:
    """Whom a window is about, from a title such as `Chat with Maria - App`; else ""."""
    for opening in ("chat with ", "conversation with "):
        at = title.casefold().find(opening)
        if at >= 0:
            rest = title[at + len(opening) :]
            return _END_OF_NAME.split(rest)[0].strip()
    room = _ROOM.search(title)
    return room[1] if room else ""


def _holder(root: Node, entry: Rect) -> Node | None:
    """What holds the messages: by its role and size, else by how many pieces stand in it."""
    height = _LOG * (entry.y - (root.box.y if root.box else 0))
    above = [node for node in _all(root) if _shared(node.box, entry) and _is_holder(node, height)]
    if logs := [node for node in above if node.role == RoleNumber.LOG]:
        above = logs
    if above:
        return max(above, key=lambda node: _shared(node.box, entry))
    rows = [(len(_rows(node, entry)), node) for node in _all(root) if node.role not in _HOLDERS]
    most = max((count for count, _ in rows), default=0)
    return next(node for count, node in rows if count == most) if most > _FEWEST else None


def _is_holder(node: Node, height: float) -> bool:
    """By its role; or it is one text, at least so high."""
    if _is_plain(node):
        return node.role not in SILENT and node.box is not None and node.box.height >= height
    return node.role in _HOLDERS and any(True for _ in _texts(node))


def _is_plain(node: Node) -> bool:
    """Whether an object is one text, without others in it."""
    return bool(node.text.strip()) and EMBEDDED not in node.text and not node.children


def _rows(node: Node, entry: Rect) -> list[Node]:
    """Children with text that stand one under the other, above the field."""
    rows: list[Node] = []
    for child in node.children:
        box = child.box
        if box is None or not any(True for _ in _texts(child)) or not _answers(box, entry):
            continue
        if not rows or box.y >= _bottom(rows[-1]):
            rows.append(child)
    return rows


def _bottom(node: Node) -> int:
    return node.box.y + node.box.height - 2 if node.box else 0


def _shared(box: Rect | None, entry: Rect) -> int:
    """How much of the place above the field an object takes, in square pixels; 0 when beside it."""
    if box is None:
        return 0
    across = min(box.x + box.width, entry.x + entry.width) - max(box.x, entry.x)
    height = min(box.y + box.height, entry.y + entry.height // 2) - box.y
    return max(0, across) * max(0, height) if across > _COVERED * entry.width else 0


def _answers(message: Rect, entry: Rect) -> bool:
    """Messages stand above the field, over or under each other with it."""
    shared = min(message.x + message.width, entry.x + entry.width) - max(message.x, entry.x)
    above = message.y < entry.y + entry.height // 2
    return above and shared > 0.5 * min(message.width, entry.width)


def _messages_of(holder: Node) -> list[Message]:
    while len(inner := [c for c in holder.children if any(True for _ in _texts(c))]) == 1:
        if inner[0].role in MESSAGES or not inner[0].children:
            break
        holder = inner[0]
    if _is_plain(holder):
        return [Message((holder.text,), holder.box, log=True)] if holder.box else []
    found: list[Message] = []
    for child in holder.children:
        if child.role not in MESSAGES and any(n.role in MESSAGES for n in _all(child)):
            found += _messages_of(child)
        elif any(True for _ in _texts(child)):
            found.append(_message(child))
    return found


def _message(node: Node) -> Message:
    parts = list(_texts(node))
    words = tuple(text for part in parts for text in _flow(part))
    heads = [n.text for n in _before(node, parts[0]) if n.text.casefold() not in _ACTIONS]
    if not heads and len(parts) > 1 and parts[0].role == RoleNumber.HEADING:
        heads, words, parts = [" ".join(_flow(parts[0]))], words[1:], parts[1:]
    return Message(words, _around(parts), heads[-1] if heads else "")


def _before(node: Node, first: Node) -> list[Node]:
    """Buttons that stand before the first text of a message: a sender's name can be one."""
    found: list[Node] = []
    for part in _all(node):
        if part is first:
            break
        if part.role == RoleNumber.PUSH_BUTTON and part.text:
            found.append(part)
    return found


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _texts(node: Node, without: frozenset[RoleNumber] = SILENT) -> Iterator[Node]:
    """The objects that say something, in reading order."""
    if node.role in SILENT or node.role in without:
        return
    if node.text.replace(EMBEDDED, "").strip():
        if node.box:
            yield node
        return
    for child in node.children:
        yield from _texts(child, without)


def _flow(node: Node) -> tuple[str, ...]:
    """A text with its children's in it; what stands at its very beginning may be a name."""
    if len(node.children) > node.text.count(EMBEDDED):  # the plain runs are children, too
        words = [_said(child) for child in node.children]
    elif EMBEDDED in node.text:
        between = [_said(child) for child in node.children]
        words = [w for pair in zip_longest(node.text.split(EMBEDDED), between) for w in pair if w]
    else:
        return (node.text.strip(),)
    while words and is_passing(words[-1]):
        words.pop()
    if len(words) < 2 or words[0][-1:].isspace():
        return (_joined(words),)
    return words[0].strip(), _joined(words[1:])


def _said(node: Node) -> str:
    """What an object says, with the space around it that stands between it and its neighbours."""
    if not node.children:
        return "" if node.role in SILENT else node.text
    return " ".join(text for part in _texts(node) for text in _flow(part))


def _joined(words: Sequence[str]) -> str:
    return " ".join("".join(words).split())


def _around(nodes: Sequence[Node]) -> Rect:
    boxes = [node.box for node in nodes if node.box]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    return Rect(x, y, right - x, max(box.y + box.height for box in boxes) - y)
