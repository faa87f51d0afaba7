"""Where a ghost goes."""

from __future__ import annotations

from ui.platform.interface import Field, Font, Placement, Rect, Toolkit

_TALLEST = 120
_SMALL_BOX = 24
_USUAL_LINE, _USUAL_INSET = 20, 6


def place(field: Field) -> Placement | None:
    """Where the ghost goes: on the caret's line, or in a small box under the field."""
    caret, box = field.caret, field.box
    if caret is None and box is not None and field.draft and not field.draft.text:
        caret = _beginning(box)
    if caret is None or not 4 <= caret.height <= _TALLEST or not _inside(caret, box):
        if box is None:
            return None
        return Placement(box.x, box.y + box.height, _SMALL_BOX, field.font, box.width, below=True)
    x, y = caret.x, caret.y
    if box is not None and not field.multiline and box.height < 2 * caret.height:
        inset = max(0, (box.height - caret.height) // 2)
        if y == box.y and field.app.toolkit is Toolkit.QT:
            x += inset  # Qt tells places in a line as if its text began in the corner
        y = box.y + inset
    room = box.x + box.width - x if box else 0
    return Placement(x, y, caret.height, field.font, room)


def below_window(window: Rect | None) -> Placement | None:
    """Within a window that tells nothing of its fields: at its lower edge, out of the way."""
    if window is None:
        return None
    y = max(window.y, window.y + window.height - _SMALL_BOX)
    return Placement(window.x, y, _SMALL_BOX, Font(), window.width, below=True)


def _beginning(box: Rect) -> Rect:
    """Where the first character of an empty field will stand, more or less."""
    height = min(_USUAL_LINE, box.height)
    inset = min(_USUAL_INSET, (box.height - height) // 2)
    return Rect(box.x + _USUAL_INSET, box.y + inset, 1, height)


def _inside(caret: Rect, box: Rect | None) -> bool:
    """A caret outside of its field is not to be believed."""
    if box is None:
        return True
    slack = caret.height
    across = box.x - slack <= caret.x <= box.x + box.width + slack
    return across and box.y - slack <= caret.y <= box.y + box.height + slack
