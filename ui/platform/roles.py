"""What objects on a screen are: the words of the accessibility bus, which all platforms use.

The numbers are those of `AtspiRole`.
"""

from __future__ import annotations

from enum import IntEnum

EMBEDDED = "\ufffc"
"""Stands in a text for an object within it (a link, an emoji's picture, a paragraph)."""


class RoleNumber(IntEnum):
    """Roles, as far as we tell them apart."""

    CHECK_BOX = 7
    COLUMN_HEADER = 10
    COMBO_BOX = 11
    DIALOG = 16
    FRAME = 23
    ICON = 26
    IMAGE = 27
    LABEL = 29
    LIST = 31
    LIST_ITEM = 32
    MENU = 33
    MENU_BAR = 34
    MENU_ITEM = 35
    PAGE_TAB_LIST = 38
    PANEL = 39
    PASSWORD_TEXT = 40
    PUSH_BUTTON = 43
    RADIO_BUTTON = 44
    SCROLL_BAR = 48
    SEPARATOR = 50
    STATUS_BAR = 54
    TABLE = 55
    TABLE_CELL = 56
    TABLE_COLUMN_HEADER = 57
    TERMINAL = 60
    TEXT = 61
    TOGGLE_BUTTON = 62
    TOOL_BAR = 63
    TOOL_TIP = 64
    TREE = 65
    TREE_TABLE = 66
    WINDOW = 69
    PARAGRAPH = 73
    APPLICATION = 75
    EDITBAR = 77
    ENTRY = 79
    DOCUMENT_FRAME = 82
    HEADING = 83
    SECTION = 85
    LINK = 88
    DOCUMENT_WEB = 95
    COMMENT = 97
    LIST_BOX = 98
    ARTICLE = 109
    LOG = 111
    STATIC = 116
