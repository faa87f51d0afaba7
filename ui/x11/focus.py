"""What has the focus, as the listener is told of it: a field, only a window, or a draft of keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quicktype.draft import Draft
from ui.platform.interface import Reading, Removal, Role
from ui.platform.key_draft import KeyDraft
from ui.x11.editing import Target
from ui.x11.fields import field_of
from ui.x11.toolkits import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.platform.interface import App, Field, Insertion
    from ui.platform.strokes import Stroke
    from ui.x11.eyes import Seen


class Focus:
    """Used by one thread."""

    def __init__(
        self,
        elsewhere: Callable[[], Field | None],
        allowed: Callable[[App, str], Reading],
    ) -> None:
        """`elsewhere` is the active window, with its rectangle as the box."""
        self._elsewhere, self._allowed = elsewhere, allowed
        self.seen: Seen | None = None
        """The newest reading; None while nothing that can be read has the focus."""
        self._window: Field | None = None
        self._told_window = False
        self._keys: KeyDraft | None = None
        self._typed = False

    def read(self, seen: Seen) -> None:
        """A field was read."""
        self.seen, self._keys, self._told_window = seen, None, False

    def left(self) -> bool:
        """Nothing that can be read has the focus; whether that is news."""
        found = self._elsewhere()
        self.seen, window = None, replace(found, box=None) if found else None
        if self._told_window and window == self._window:
            return False
        self._window, self._told_window = window, True
        allowed = self._allowed(window.app, "") if window is not None else Reading.NOTHING
        self._keys, self._typed = KeyDraft() if allowed is Reading.KEYS else None, False
        return True

    def hidden(self) -> None:
        """The screen is locked: nothing has the focus for us, and nothing is kept."""
        self.seen = self._window = self._keys = None
        self._told_window = False

    def field(self, sequence: int, *, composing: bool) -> Field | None:
        """The listener's field, which holds the keys up to `sequence`."""
        if self.seen is not None:
            return field_of(
                self.seen, sequence, composing=composing, corner=self._corner(self.seen)
            )
        if self._window is None or self._keys is None or not self._typed:
            return self._window
        return replace(
            self._window, sequence=sequence, role=Role.TEXT, editable=True,
            draft=Draft(self._keys.text), composing=composing, from_keys=True,
        )  # fmt: skip

    def _corner(self, seen: Seen) -> tuple[int, int]:
        """From where the app tells rectangles."""
        window = self._elsewhere() if seen.place.program.traits.in_window else None
        return (window.box.x, window.box.y) if window and window.box else (0, 0)

    def press(self, stroke: Stroke) -> bool:
        """A key reached what has the focus; whether the draft of keys is another now."""
        if self._keys is None:
            return False
        self._keys.press(stroke)
        self._typed = True
        return True

    def clicked(self) -> None:
        """The caret may be anywhere."""
        if self._keys is not None:
            self._keys.drop()

    def edited(self, edit: Insertion | Removal) -> bool:
        """We edited; whether the draft of keys is another now."""
        if self._keys is None:
            return False
        self._keys.edited(edit)
        return True

    def target(self, edit: Insertion | Removal, ahead: int) -> Target | None:
        """Where an edit goes, `ahead` of the last reading; None: its field has lost the focus."""
        seen = self.seen
        if isinstance(edit, Removal):
            return Target(None, 0, seen.place.program.traits if seen else OTHER)
        if seen is None:
            known = self._elsewhere()
            return Target(None, 0, OTHER) if known and known.identity == edit.field else None
        if "".join(seen.node) != edit.field:
            return None
        return Target(seen.node, seen.facts.caret + ahead, seen.place.program.traits)
