"""From a reading of the accessibility bus to the border's field, and where a ghost goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.platform.interface import Field, Font, Placement, Rect, Role
from ui.x11.ledger import Mark

if TYPE_CHECKING:
    from ui.platform.interface import App, Window
    from ui.x11.eyes import Seen

_TALLEST = 120
_SMALL_BOX = 24
_EM_OF_LINE = 0.78
"""A line's height is about 1.28 em in the fonts that desktops come with."""


def field_of(seen: Seen, sequence: int, *, composing: bool) -> Field:
    """The border's field."""
    facts, text = seen.facts, seen.passage
    return Field(
        identity="".join(seen.node),
        sequence=sequence,
        app=seen.place.program.app,
        window=seen.place.window,
        role=facts.role,
        editable=facts.editable,
        draft=text.draft if text else None,
        selected=facts.selected,
        composing=composing,
        multiline=facts.multiline,
        caret=text.caret if text else None,
        box=facts.box,
        site=seen.place.site,
    )


def unknown_field(app: App, window: Window, sequence: int) -> Field:
    """A window that tells nothing."""
    return Field(window.identity, sequence, app, window, Role.UNKNOWN)


def mark_of(seen: Seen) -> Mark:
    """What the ledger wants to know."""
    facts = seen.facts
    return Mark("".join(seen.node), facts.caret, facts.count, facts.selected, seen.begun)


def place(field: Field) -> Placement | None:
    """Where the ghost goes: on the caret's line, or in a small box under the field."""
    caret, box = field.caret, field.box
    if caret is None or not 4 <= caret.height <= _TALLEST or not _inside(caret, box):
        if box is None:
            return None
        font = Font(_SMALL_BOX * _EM_OF_LINE)
        return Placement(box.x, box.y + box.height, _SMALL_BOX, font, box.width, below=True)
    y = caret.y
    if box is not None and box.height < 2 * caret.height:
        y = box.y + (box.height - caret.height) // 2  # a single line: some tell the box's top
    room = box.x + box.width - caret.x if box else 0
    font = Font(field.font.pixels or caret.height * _EM_OF_LINE, field.font.family)
    return Placement(caret.x, y, caret.height, font, room)


def _inside(caret: Rect, box: Rect | None) -> bool:
    """A caret outside of its field is not to be believed."""
    if box is None:
        return True
    slack = caret.height
    across = box.x - slack <= caret.x <= box.x + box.width + slack
    return across and box.y - slack <= caret.y <= box.y + box.height + slack
