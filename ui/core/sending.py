"""Was the message sent? Enter, or a click beside the field, and then the field is empty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ui.platform.interface import KeyKind

if TYPE_CHECKING:
    from ui.platform.interface import Click, Field, KeyPress, Rect

_SECONDS = 2.0
"""An app that sends has emptied its field by then."""
_REACH = 250
"""Pixels: a button to send is not farther from its field than this."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    field: str
    text: str
    whole: bool
    """The text is all that was typed before the Enter."""
    until: float
    sequence: int
    """The Enter's; 0 for a click."""


class Sending:
    """Watches for messages that are sent."""

    def __init__(self) -> None:
        self._attempt: _Attempt | None = None

    def key(self, press: KeyPress, field: Field | None, *, whole: bool) -> None:
        """A key: Enter may send, any other begins something new.

        `whole`: the field as known holds all that was typed before this key.
        """
        self._attempt = None
        if press.kind is KeyKind.ENTER and field is not None and field.draft is not None:
            text, until = field.draft.text, press.at + _SECONDS
            self._attempt = _Attempt(field.identity, text, whole, until, press.sequence)

    def click(self, click: Click, field: Field | None, *, whole: bool) -> None:
        """A click: beside the field it may send."""
        self._attempt = None
        if field is not None and field.draft is not None and _beside(click, field.box):
            text, until = field.draft.text, click.at + _SECONDS
            self._attempt = _Attempt(field.identity, text, whole, until, 0)

    def forget(self) -> None:
        """Whatever was about to be sent is not watched any more."""
        self._attempt = None

    def read(self, field: Field, now: float) -> str:
        """A reading of a field: gives the message if it was sent just now, else ""."""
        attempt = self._attempt
        if attempt is None or field.draft is None:
            return ""
        text = field.draft.text
        if field.sequence < attempt.sequence and field.identity == attempt.field:
            if text:  # letters that came before the Enter, told only now
                whole = field.sequence == attempt.sequence - 1
                self._attempt = replace(attempt, text=text, whole=whole)
            return ""
        if field.identity == attempt.field and text == attempt.text and now <= attempt.until:
            return ""  # not yet
        self._attempt = None
        sent = field.identity == attempt.field and not text and now <= attempt.until
        return attempt.text.strip() if sent and attempt.whole else ""


def _beside(click: Click, box: Rect | None) -> bool:
    """Where buttons to send are: to the right of a field's middle, or right under it."""
    if box is None:
        return False
    right = box.x + box.width // 2 <= click.x <= box.x + box.width + _REACH
    level = box.y - box.height <= click.y <= box.y + 2 * box.height
    inside = box.x <= click.x < box.x + box.width and box.y <= click.y < box.y + box.height
    return right and level and not inside
