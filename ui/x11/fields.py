"""From a reading of the accessibility bus to the border's field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.platform.interface import Field, Rect, Role
from ui.platform.ledger import Mark

if TYPE_CHECKING:
    from ui.platform.interface import App, Window
    from ui.x11.eyes import Seen


def field_of(
    seen: Seen, sequence: int, *, composing: bool, corner: tuple[int, int] = (0, 0)
) -> Field:
    """The border's field; `corner`: from where the app tells rectangles, in pixels."""
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
        caret=_moved(text.caret if text else None, corner),
        box=_moved(facts.box, corner),
        font=seen.font,
        site=seen.place.site,
    )


def _moved(box: Rect | None, corner: tuple[int, int]) -> Rect | None:
    return box and Rect(box.x + corner[0], box.y + corner[1], box.width, box.height)


def unknown_field(app: App, window: Window, sequence: int) -> Field:
    """A window that tells nothing."""
    return Field(window.identity, sequence, app, window, Role.UNKNOWN)


def mark_of(seen: Seen) -> Mark:
    """What the ledger wants to know."""
    facts = seen.facts
    return Mark("".join(seen.node), facts.caret, facts.count, facts.selected, seen.begun)
