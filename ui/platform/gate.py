"""The way of a key where a hook is asked about each one before the app sees it.

Windows and macOS call a hook of ours with every key, and wait: what it returns decides whether the
app gets the key, and nothing that is typed meanwhile can overtake it. So everything is decided
inside that call: a chord waits there until the keys before it are seen in the field, and what is
to be inserted is sent from there, ahead of every later key. Both systems have no patience with slow
hooks (Windows skips one after 300 ms, macOS turns it off), so no wait here is long, and whatever
fails, the app gets the key.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from quicktype.draft import Draft
from ui.platform.clusters import clusters
from ui.platform.interface import (
    Chord,
    ChordPress,
    Done,
    Field,
    Insertion,
    KeyKind,
    KeyPress,
    Reading,
    Role,
)
from ui.platform.key_draft import KeyDraft
from ui.platform.ledger import Effect, Ledger, Mark
from ui.platform.strokes import Stroke, effect_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from ui.platform.interface import App, Click, Listener, Modifier, Removal

_log = logging.getLogger(__name__)

FREEZE_S = 0.03
"""The longest that a chord waits until what was typed before it is seen."""
_TURN_S = 0.1
"""A key that cannot have its turn for so long goes to the app, and nobody is told."""
_LOOK_AGAIN_S = 0.004
_KEPT_EDITS = 8


@dataclass(frozen=True, slots=True)
class HookedKey:
    """What a hook tells about a key that is not our own."""

    code: int
    """The system's number of the key; one that is held down keeps it."""
    pressed: bool
    name: str
    """As chords name it; "" for a key that no chord can have."""
    modifiers: frozenset[Modifier]
    """Those that are held down with it."""
    stroke: Stroke | None
    """None: a modifier alone, or a release."""
    at: float


@dataclass(frozen=True, slots=True)
class Sight:
    """One reading of what has the focus. `mark` is None where it gives no text."""

    field: Field
    mark: Mark | None
    allowed: Reading


class Hands(Protocol):
    """Sends keys from inside the hook's call, ahead of all that is typed later."""

    def write(self, text: str) -> str:
        """Type a text that has no line break; what went wrong, "" when nothing did."""

    def erase(self, count: int) -> str:
        """Press Backspace so many times; what went wrong, "" when nothing did."""


class Gate:
    """`key` belongs to the hook's thread; every other method may be called on any thread.

    No method that the listener calls (`arm`) takes the lock: the listener has one of its own.
    """

    def __init__(
        self,
        listener: Listener,
        hands: Hands,
        look: Callable[[], None],
        units: Callable[[str], int] = len,
    ) -> None:
        """`look` asks for a reading; `units` is how long a text is in the marks of readings."""
        self._listener, self._hands, self._look, self._units = listener, hands, look, units
        self._turn = threading.Condition()
        self._ledger = Ledger()
        self._sequence = 0
        self._armed: frozenset[Chord] = frozenset()
        self._down: set[int] = set()
        self._taken: set[int] = set()
        self._seen: Sight | None = None
        self._told: Field | None = None
        self._elsewhere: tuple[Field | None, ...] = ()
        self._composing = False
        self._from_keys: KeyDraft | None = None
        self._inserted: dict[int, str] = {}

    def arm(self, chords: AbstractSet[Chord]) -> None:
        """Ask about these chords from now on."""
        self._armed = frozenset(chords)

    def allowed(self, app: App, site: str) -> Reading:
        """Ask the listener how much may be read."""
        with self._turn:
            return self._listener.on_app(app, site)

    def tell(self, call: Callable[[Listener], None]) -> None:
        """Have the listener told something, in turn."""
        with self._turn:
            call(self._listener)

    @property
    def look_at(self) -> float | None:
        """When the field is to be read again though nothing happens; None: no need."""
        with self._turn:
            quiet = self._ledger.quiet_at
            if quiet is None or self._ledger.certain:
                return quiet
            return min(quiet, time.monotonic() + _LOOK_AGAIN_S)

    # Keys and clicks.

    def key(self, key: HookedKey) -> bool:
        """A key went down or up; whether the app is not to see it."""
        if not self._turn.acquire(timeout=_TURN_S):
            return False
        try:
            return self._key(key)
        except Exception as error:  # noqa: BLE001 - typing must go on, whatever fails
            _log.error("%s at the gate", type(error).__name__)
            return False
        finally:
            self._turn.release()

    def _key(self, key: HookedKey) -> bool:
        if not key.pressed:
            self._down.discard(key.code)
            ours = key.code in self._taken
            self._taken.discard(key.code)
            return ours
        if key.stroke is None:
            return False
        repeated = key.code in self._down
        self._down.add(key.code)
        chord = Chord(key.name, key.modifiers)
        if chord in self._armed:
            taken = self._ask(chord, repeated=repeated)
        else:
            taken = repeated and key.code in self._taken  # it stays ours until it is let go
        if taken:
            self._taken.add(key.code)
        else:
            self._taken.discard(key.code)
            self._plain_key(key, key.stroke)
        return taken

    def _plain_key(self, key: HookedKey, stroke: Stroke) -> None:
        """A key that the app gets."""
        self._sequence += 1
        self._composing = stroke.kind is KeyKind.COMPOSE
        effect = effect_of(stroke, plain=not key.modifiers)
        self._ledger.expect(self._sequence, effect, key.at)
        self._listener.on_key(KeyPress(self._sequence, stroke.kind, key.at))
        if self._seen is None or self._seen.mark is None:
            self._ledger.forget()
            self._tell_keys(stroke)
        elif self._ledger.quiet_at is None:
            self._tell(self._seen)  # what the field held already was this key's doing
        self._look()

    def click(self, click: Click) -> None:
        """A mouse button went down."""
        with self._turn:
            self._composing = False
            if self._from_keys is not None:
                self._from_keys.drop()
            self._listener.on_click(click)
        self._look()

    # Chords and edits.

    def _ask(self, chord: Chord, *, repeated: bool) -> bool:
        """Whether the listener takes the chord; what it orders is done when this returns."""
        self._settle()
        press = ChordPress(chord, self._sequence, self._ledger.certain, repeated)
        verdict = self._listener.on_chord(press)
        if verdict.taken and verdict.edit is not None:
            self._edit(verdict.edit)
        return verdict.taken

    def _settle(self) -> None:
        """Wait until what was typed before is seen; no key can come meanwhile, readings can."""
        end = time.monotonic() + FREEZE_S
        while not self._ledger.certain and (left := end - time.monotonic()) > 0:
            self._look()
            self._turn.wait(min(left, _LOOK_AGAIN_S))

    def edit(self, edit: Insertion | Removal) -> None:
        """Edit without a chord."""
        with self._turn:
            self._edit(edit)

    def _edit(self, edit: Insertion | Removal) -> None:
        """Do it and tell how it ended."""
        if isinstance(edit, Insertion):
            trouble, moved = self._write(edit), self._units(edit.text)
        else:
            text = self._inserted.pop(edit.number, "")
            trouble, moved = self._take_back(text), -self._units(text)
        moved = 0 if trouble else moved
        self._sequence += 1
        self._ledger.expect(self._sequence, Effect(moved, moved), time.monotonic(), ours=True)
        done = Done(
            edit.number, self._sequence, removed=not isinstance(edit, Insertion), trouble=trouble
        )
        self._listener.on_done(done)
        if self._from_keys is not None and not trouble:
            self._from_keys.edited(edit)
        self._look()

    def _write(self, edit: Insertion) -> str:
        if self._told is None or self._told.identity != edit.field:
            return "the field does not have the focus any more"
        if not edit.text.isprintable():
            return "this text cannot be typed here"
        trouble = self._hands.write(edit.text)
        if not trouble:
            self._inserted[edit.number] = edit.text
            while len(self._inserted) > _KEPT_EDITS:
                self._inserted.pop(next(iter(self._inserted)))
        return trouble

    def _take_back(self, text: str) -> str:
        return self._hands.erase(clusters(text)) if text else "it was not inserted by us"

    # Readings.

    def see(self, sight: Sight | None) -> None:
        """The focused field was read; None: nothing has the focus."""
        with self._turn:
            self._seen = sight
            if sight is not None and sight.mark is not None:
                self._from_keys, self._elsewhere = None, ()
                self._ledger.read(sight.mark)
                self._tell(sight)
            else:
                self._ledger.forget()
                self._tell_elsewhere(sight)
            self._turn.notify_all()

    def _tell(self, sight: Sight) -> None:
        self._told = replace(
            sight.field,
            sequence=self._ledger.settled,
            composing=sight.field.composing or self._composing,
        )
        self._listener.on_field(self._told)

    def _tell_elsewhere(self, sight: Sight | None) -> None:
        """Nothing that gives text has the focus: that is told once."""
        field = None if sight is None else sight.field
        if self._elsewhere == (field,):
            self._keep_keys(sight, same=True)
            return
        same = bool(field and self._told and self._told.identity == field.identity)
        self._keep_keys(sight, same=same)
        self._elsewhere, self._told = (field,), field
        self._listener.on_field(field)

    def _keep_keys(self, sight: Sight | None, *, same: bool) -> None:
        """Make up a draft from now on, go on with the one that there is, or drop it."""
        if not _keys_may_tell(sight):
            self._from_keys = None
        elif not same or self._from_keys is None:
            self._from_keys = KeyDraft()

    def _tell_keys(self, stroke: Stroke) -> None:
        """The draft as the keys make it up, where the user wants that."""
        if self._from_keys is None or self._told is None:
            return
        self._from_keys.press(stroke)  # a lock screen's keys come to no hook
        self._told = replace(
            self._told, sequence=self._sequence, role=Role.TEXT, editable=True,
            draft=Draft(self._from_keys.text), composing=self._composing, from_keys=True,
        )  # fmt: skip
        self._listener.on_field(self._told)


def _keys_may_tell(sight: Sight | None) -> bool:
    """Only where the app tells nothing at all: a password field says what it is."""
    if sight is None or sight.field.role is not Role.UNKNOWN:
        return False
    return sight.allowed is Reading.KEYS
