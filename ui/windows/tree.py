"""Reads what stands around a field through UI Automation: see `ui.platform.talk`.

Never run on Windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.platform.interface import Rect
from ui.platform.roles import RoleNumber
from ui.platform.talk import NEWEST, SPEAKING, conversation_around, grow
from ui.platform.transcript import Node

if TYPE_CHECKING:
    from ui.platform.interface import ScreenConversation

PANE = 50033
_BOX, _RUNTIME, _TYPE, _NAME, _OFFSCREEN, _ARIA = 30001, 30000, 30003, 30005, 30022, 30101
_CHILDREN = 2  # TreeScope_Children
_ROLES = {
    50000: RoleNumber.PUSH_BUTTON, 50002: RoleNumber.CHECK_BOX, 50003: RoleNumber.COMBO_BOX,
    50004: RoleNumber.ENTRY, 50005: RoleNumber.LINK, 50006: RoleNumber.IMAGE,
    50007: RoleNumber.LIST_ITEM, 50008: RoleNumber.LIST, 50009: RoleNumber.MENU,
    50010: RoleNumber.MENU_BAR, 50011: RoleNumber.MENU_ITEM, 50013: RoleNumber.RADIO_BUTTON,
    50014: RoleNumber.SCROLL_BAR, 50017: RoleNumber.STATUS_BAR, 50018: RoleNumber.PAGE_TAB_LIST,
    50019: RoleNumber.PAGE_TAB_LIST, 50020: RoleNumber.LABEL, 50021: RoleNumber.TOOL_BAR,
    50022: RoleNumber.TOOL_TIP, 50023: RoleNumber.TREE, 50024: RoleNumber.LIST_ITEM,
    50028: RoleNumber.TABLE, 50029: RoleNumber.LIST_ITEM, 50030: RoleNumber.DOCUMENT_WEB,
    50031: RoleNumber.PUSH_BUTTON, 50034: RoleNumber.COLUMN_HEADER,
    50035: RoleNumber.COLUMN_HEADER, 50036: RoleNumber.TABLE, 50037: RoleNumber.TOOL_BAR,
    50038: RoleNumber.SEPARATOR,
}  # fmt: skip
"""Control types in the words of the accessibility bus, which `find_transcript` speaks."""
_ARIA_ROLES = {
    "log": RoleNumber.LOG, "article": RoleNumber.ARTICLE, "comment": RoleNumber.COMMENT,
    "heading": RoleNumber.HEADING, "listitem": RoleNumber.LIST_ITEM,
}  # fmt: skip


def conversation(
    uia: Any, around: Any, field: str, box: Rect, title: str
) -> ScreenConversation | None:
    """The conversation around a field, found below the page or window that it is in."""
    request = uia.CreateCacheRequest()
    for number in (_BOX, _RUNTIME, _TYPE, _NAME, _OFFSCREEN, _ARIA):
        request.AddProperty(number)
    request.TreeScope = _CHILDREN
    root = Node(around, 0, None)
    grow(root, lambda element: _children(element, request))
    return conversation_around(root, box, field, title)


def _children(element: Any, request: Any) -> list[Node]:
    """The newest children that are on the screen."""
    found = element.BuildUpdatedCache(request).GetCachedChildren()
    if not found:
        return []
    count = found.Length
    elements = [found.GetElement(index) for index in range(max(0, count - NEWEST), count)]
    return [_node(element) for element in elements if not element.CachedIsOffscreen]


def _node(element: Any) -> Node:
    role = _ARIA_ROLES.get(element.CachedAriaRole or "")
    role = role or _ROLES.get(element.CachedControlType, RoleNumber.PANEL)
    box = element.CachedBoundingRectangle
    place = Rect(box.left, box.top, box.right - box.left, box.bottom - box.top)
    name = (element.CachedName or "").strip() if role in SPEAKING else ""
    return Node(element, role, place if place.height > 0 else None, name)
