"""From a reading of the accessibility bus to the border's field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.platform.interface import Field, Role
from ui.platform.ledger import Mark

if TYPE_CHECKING:
    from ui.platform.interface import App, Window
    from ui.x11.eyes import Seen


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
        font=seen.font,
        site=seen.place.site,
    )


def unknown_field(app: App, window: Window, sequence: int) -> Field:
    """A window that tells nothing."""
    return Field(window.identity, sequence, app, window, Role.UNKNOWN)


def mark_of(seen: Seen) -> Mark:
    """What the ledger wants to know."""
    facts = seen.facts
    return Mark("".join(seen.node), facts.caret, facts.count, facts.selected, seen.begun)
