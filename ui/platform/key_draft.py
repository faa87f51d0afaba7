"""A draft made up from keys, for apps that give no text: in memory only, soon forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.platform.interface import Insertion, KeyKind
from ui.platform.strokes import BACKSPACE

if TYPE_CHECKING:
    from ui.platform.interface import Removal
    from ui.platform.strokes import Stroke

_LONGEST = 2000


class KeyDraft:
    """The text before the caret as far as the keys tell it; empty whenever they do not."""

    def __init__(self) -> None:
        self.text = ""
        self._inserted: dict[int, str] = {}

    def drop(self) -> None:
        """Forget it: Enter, a click, an arrow, another window, a locked screen."""
        self.text = ""
        self._inserted = {}

    def press(self, stroke: Stroke) -> None:
        """What a key does to it."""
        if stroke.kind is KeyKind.TEXT:
            self.text = (self.text + stroke.text)[-_LONGEST:]
        elif stroke.kind is KeyKind.ERASE and stroke.symbol == BACKSPACE:
            self.text = self.text[:-1]
        elif stroke.kind is not KeyKind.COMPOSE:
            self.drop()

    def edited(self, edit: Insertion | Removal) -> None:
        """We put text in, or took it back."""
        if isinstance(edit, Insertion):
            self._inserted[edit.number] = edit.text
            self.text = (self.text + edit.text)[-_LONGEST:]
        else:
            self.text = self.text.removesuffix(self._inserted.pop(edit.number, ""))
