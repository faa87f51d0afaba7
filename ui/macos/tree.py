"""Reads what stands around a field through the accessibility API; see `ui.platform.talk`.

Never run on macOS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.platform.roles import RoleNumber
from ui.platform.talk import NEWEST, conversation_around, grow
from ui.platform.transcript import Node

if TYPE_CHECKING:
    from ui.macos.ax import Elements
    from ui.platform.interface import Rect, ScreenConversation

_ROLES = {
    "AXButton": RoleNumber.PUSH_BUTTON, "AXMenuButton": RoleNumber.PUSH_BUTTON,
    "AXPopUpButton": RoleNumber.COMBO_BOX, "AXComboBox": RoleNumber.COMBO_BOX,
    "AXCheckBox": RoleNumber.CHECK_BOX, "AXRadioButton": RoleNumber.RADIO_BUTTON,
    "AXImage": RoleNumber.IMAGE, "AXLink": RoleNumber.LINK, "AXStaticText": RoleNumber.LABEL,
    "AXHeading": RoleNumber.HEADING, "AXList": RoleNumber.LIST, "AXOutline": RoleNumber.TREE,
    "AXTable": RoleNumber.TABLE, "AXRow": RoleNumber.LIST_ITEM, "AXMenu": RoleNumber.MENU,
    "AXMenuBar": RoleNumber.MENU_BAR, "AXMenuItem": RoleNumber.MENU_ITEM,
    "AXToolbar": RoleNumber.TOOL_BAR, "AXTabGroup": RoleNumber.PAGE_TAB_LIST,
    "AXScrollBar": RoleNumber.SCROLL_BAR, "AXTextField": RoleNumber.ENTRY,
    "AXWebArea": RoleNumber.DOCUMENT_WEB, "AXSplitter": RoleNumber.SEPARATOR,
}  # fmt: skip
_SUBROLES = {
    "AXApplicationLog": RoleNumber.LOG, "AXDocumentArticle": RoleNumber.ARTICLE,
    "AXContentList": RoleNumber.LIST, "AXSecureTextField": RoleNumber.PASSWORD_TEXT,
}  # fmt: skip
_SAYING = ("AXValue", "AXTitle", "AXDescription")


def conversation(
    elements: Elements, around: Any, entry: Any, field: str, box: Rect, title: str
) -> ScreenConversation | None:
    """The conversation around a field, found below the page or window that it is in."""
    root = Node(around, 0, None)
    grow(root, lambda element: _children(elements, element, entry))
    return conversation_around(root, box, field, title)


def _children(elements: Elements, element: Any, entry: Any) -> list[Node]:
    """The newest children, the field that is typed into left out."""
    found = list(elements.get(element, "AXChildren") or ())[-NEWEST:]
    return [_node(elements, child) for child in found if child != entry]


def _node(elements: Elements, element: Any) -> Node:
    role = _SUBROLES.get(elements.get(element, "AXSubrole") or "")
    role = role or _ROLES.get(elements.get(element, "AXRole") or "", RoleNumber.PANEL)
    if role in {RoleNumber.LABEL, RoleNumber.HEADING, RoleNumber.PUSH_BUTTON, RoleNumber.COMBO_BOX}:
        told = (elements.get(element, name) for name in _SAYING)
        text = next((said.strip() for said in told if isinstance(said, str) and said.strip()), "")
    else:
        text = ""
    return Node(element, role, elements.box(element), text)
