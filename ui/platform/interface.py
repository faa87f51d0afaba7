"""The border between the state machine and a desktop: what is told, what is asked, what is done.

A backend (X11, an IBus engine, Windows, macOS) implements `Platform`; the state machine implements
`Listener`. Nothing here knows of windows that are drawn by us, of X11 or of Qt.

Threads and ownership:

- A backend calls the listener from threads of its own, but one call at a time and in the order in
  which things happened: a key's `on_key` comes before the `on_field` that shows what the key did.
- The listener answers within a millisecond: it takes its own lock (answers of the daemon and timers
  reach it on other threads), changes its state, and returns. It may call any method of the platform
  meanwhile: those never block (unless they say so), never call back on the same thread, and are
  safe on every thread.
- Every value here is immutable and belongs to whoever holds it.

The way of a key: the user presses it → `on_key` with the next sequence number → the app changes its
field → `on_field` with `Field.sequence` at least that number. A chord that was armed is not seen by
the app first: `on_chord` asks what to do with it after everything that the earlier keys did has
been told (or after 30 ms, and then `ChordPress.fresh` is false), and while no further key can reach
the app. What the answer orders to be inserted stands in the field before any later key does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from quicktype.conversation import Conversation
    from quicktype.doctor.check import Check
    from quicktype.draft import Draft


class Role(Enum):
    """What a focused place is for."""

    TEXT = auto()
    PASSWORD = auto()
    TERMINAL = auto()
    OTHER = auto()
    UNKNOWN = auto()
    """The app tells nothing of its contents (xterm, a canvas): only the window is known."""


class Toolkit(Enum):
    """What an app is made with, as far as reading and inserting differ."""

    QT = auto()
    GTK = auto()
    CHROMIUM = auto()
    """Chromium, Electron and the other browsers and apps made of it."""
    GECKO = auto()
    NATIVE = auto()
    """The platform's own fields (Cocoa, Win32), or an input method's client."""
    UNKNOWN = auto()


class Reading(Enum):
    """How much may be read of an app; rules decide (`Listener.on_app`)."""

    NOTHING = auto()
    """Neither its text nor its conversation is ever asked for."""
    TEXT = auto()
    KEYS = auto()
    """Its text; where it gives none, the draft is made up from the keys, in memory only."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in physical pixels; the origin is the top left of the whole desktop."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class App:
    """The program that has the focus. Two windows of one process are the same app."""

    name: str
    """In lower case, as rules and the wire name it (`konversation`, `chromium`)."""
    toolkit: Toolkit = Toolkit.UNKNOWN
    pid: int = 0
    """0 when unknown."""


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window; equal `identity` means the same window."""

    identity: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Font:
    """What the field's text looks like; a zero or an empty string is unknown."""

    pixels: float = 0.0
    """The em size in physical pixels."""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One reading of the place that has the focus.

    `draft` is None wherever text is not to be had or not to be read: password fields, terminals,
    apps that rules keep silent, apps that give no text, places that are not editable.
    """

    identity: str
    """Equal for two readings of the same widget; opaque."""
    sequence: int
    """The newest key (`KeyPress.sequence`) whose effect this reading is known to hold."""
    app: App
    window: Window
    role: Role
    editable: bool = False
    draft: Draft | None = None
    """At most 2,000 characters before and 200 after the caret; no-break spaces are spaces."""
    selected: int = 0
    """Characters that are selected."""
    composing: bool = False
    """A dead key, a compose sequence or an input method waits for more keys."""
    multiline: bool = False
    caret: Rect | None = None
    """Where the next character goes: the width is nothing to rely on, the height is the line's."""
    box: Rect | None = None
    """The whole field."""
    font: Font = Font()
    site: str = ""
    """The host of the page (`web.whatsapp.com`); empty outside browsers."""
    from_keys: bool = False
    """The draft was made up from the keys (`Reading.KEYS`)."""


@dataclass(frozen=True, slots=True)
class ScreenConversation:
    """The conversation that stands around a field: its newest 8,000 characters or so."""

    field: str
    """`Field.identity` of the field that answers to it."""
    conversation: Conversation
    me: str
    """Which speaker is the one who types; "me" when none of the turns is known to be theirs."""
    partner: str = ""
    """Whom or which room the window is about; empty when unknown."""


class KeyKind(Enum):
    """What a key may do to a field. Keys are never told with their text."""

    TEXT = auto()
    COMPOSE = auto()
    """A dead key or the compose key: text may follow."""
    ERASE = auto()
    MOVE = auto()
    ENTER = auto()
    TAB = auto()
    ESCAPE = auto()
    SHORTCUT = auto()
    """A key with Control, Alt or Super that types nothing (it may paste, undo, send)."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key that the user pressed (or that repeated); neither modifiers alone nor our own keys."""

    sequence: int
    """Counts up with each key and each edit of ours; `Field.sequence` speaks of it."""
    kind: KeyKind
    at: float
    """`time.monotonic()` when it was seen."""


@dataclass(frozen=True, slots=True)
class Click:
    """A mouse button went down somewhere."""

    x: int
    y: int
    at: float


class Modifier(Enum):
    """The modifiers of a chord."""

    SHIFT = "Shift"
    CONTROL = "Ctrl"
    ALT = "Alt"
    SUPER = "Super"


@dataclass(frozen=True, slots=True)
class Chord:
    """A key with modifiers, named as X names it on every platform: `Tab`, `bracketright`, `a`."""

    key: str
    modifiers: frozenset[Modifier] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Read `Shift+Tab`, `Alt+bracketright`; a sign may stand for its name (`Alt+]`).

        Raises:
            ValueError: A modifier is unknown, or no key is named.
        """
        *modifiers, key = (part.strip() for part in text.replace("++", "+plus").split("+"))
        names = {modifier.value.lower(): modifier for modifier in Modifier}
        if not key or any(name.lower() not in names for name in modifiers):
            raise ValueError(f"{text!r} is no key: write it like Tab, Shift+Tab or Alt+]")
        return cls(_SIGNS.get(key, key), frozenset(names[name.lower()] for name in modifiers))

    def __str__(self) -> str:
        ordered = [modifier.value for modifier in Modifier if modifier in self.modifiers]
        return "+".join([*ordered, self.key])


_SIGNS = {
    "]": "bracketright", "[": "bracketleft", ".": "period", ",": "comma", ";": "semicolon",
    "/": "slash", "\\": "backslash", "-": "minus", "=": "equal", "'": "apostrophe", "`": "grave",
    "Esc": "Escape", "Enter": "Return", "Space": "space", "Backspace": "BackSpace",
}  # fmt: skip


class Way(Enum):
    """How text is put into a field."""

    BEST = auto()
    """What suits the app, as the backend knows it."""
    TYPE = auto()
    PASTE = auto()
    TEXT = auto()
    """Through the interface that reads it, without any key."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text to put in at the caret of a field."""

    number: int
    """The listener's own; told back in `Inserted`."""
    field: str
    """`Field.identity`; nothing is inserted when another field has the focus by then."""
    text: str
    way: Way = Way.BEST
    """A way that this app or this text does not allow is replaced by the best one."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Take back that insertion in one step; right only while nothing was typed or clicked since."""

    number: int


@dataclass(frozen=True, slots=True)
class Done:
    """How an `Insertion` or a `Removal` ended."""

    number: int
    sequence: int
    """It counts as a key: a field with this `Field.sequence` holds what was done."""
    removed: bool = False
    """It was the removal."""
    trouble: str = ""
    """Empty when all is well; else one line, and the field holds what it held before."""


@dataclass(frozen=True, slots=True)
class ChordPress:
    """An armed chord was pressed; the answer to `on_chord` decides whether the app ever sees it."""

    chord: Chord
    sequence: int
    """The newest key before it."""
    fresh: bool
    """The last field that was told holds all that those keys did (else 30 ms were too short).

    What an `Insertion` or a `Removal` did since may still be missing in it: `on_done` told it.
    """
    repeated: bool
    """The key is being held down, and this is not its first press."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens with an armed chord."""

    taken: bool
    """The app never sees it, nor its repeats. (It may see its release.)"""
    edit: Insertion | Removal | None = None
    """What is done before any later key gets through."""


PASS = Verdict(taken=False)
SWALLOW = Verdict(taken=True)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a ghost goes that we paint: its line begins at `x`, between `y` and `y + height`."""

    x: int
    y: int
    height: int
    font: Font
    room: int
    """Pixels to the right of `x` until the field ends; a longer ghost is cut or put below."""
    below: bool = False
    """The caret is not known: a small box under the field instead."""


class Listener(Protocol):
    """What the state machine offers to a backend; see the head of this module for its threads."""

    def on_app(self, app: App, site: str) -> Reading:
        """How much may be read; asked when the focus arrives somewhere, before any text is."""

    def on_key(self, key: KeyPress) -> None:
        """The user pressed a key that is not an armed chord, or one that was not taken."""

    def on_click(self, click: Click) -> None:
        """The user clicked."""

    def on_field(self, field: Field | None) -> None:
        """The focused field, its text, caret or selection changed; None: no focus anywhere."""

    def on_conversation(self, conversation: ScreenConversation) -> None:
        """The conversation around the focused field was read (anew)."""

    def on_chord(self, press: ChordPress) -> Verdict:
        """What to do with an armed chord; the keyboard waits for the answer."""

    def on_done(self, done: Done) -> None:
        """An insertion or removal ended; the field that shows it is told right after."""

    def on_findings(self, findings: tuple[Check, ...]) -> None:
        """Something stopped working, or works again: the list that `Platform.examine` gives."""


class Presenter(Protocol):
    """Who makes the ghost visible: our own overlay, or a backend that can do it inside the app."""

    def show(self, field: Field, text: str, others: tuple[str, ...]) -> None:
        """Show `text` at the caret of `field`, and the further candidates where they are wanted."""

    def hide(self) -> None:
        """Show nothing, at once."""


class Context(Protocol):
    """What stands on the screen."""

    def refresh(self) -> None:
        """Read the focused field and its conversation again; they are told when they are read."""

    def clipboard(self) -> str:
        """The text on the clipboard, at most 64 KiB, "" when there is none. May block for 0.5 s."""


class Hook(Protocol):
    """The user's keys."""

    def arm(self, chords: AbstractSet[Chord]) -> None:
        """From now on these chords, and no others, are asked about (`on_chord`)."""


class Inserter(Protocol):
    """Puts text into the focused field when no chord asked for it (a click on a candidate)."""

    def edit(self, edit: Insertion | Removal) -> None:
        """Do it, and tell `on_done`."""


class Platform(Protocol):
    """One desktop. It is started once, and stopped once."""

    context: Context
    hook: Hook
    inserter: Inserter
    presenter: Presenter | None
    """None: the product paints the ghost itself, where `place` says."""

    def start(self, listener: Listener) -> None:
        """Begin to watch. It returns when everything that can work does, within 2 seconds.

        Raises:
            OSError: There is no such desktop here; the message says what to do.
        """

    def stop(self) -> None:
        """Give everything back; no call of the listener begins after this returns."""

    def examine(self) -> tuple[Check, ...]:
        """What works here, and what mends what does not. It may block for 2 seconds.

        Named `keyboard`, `text`, `caret`, `conversation`, `accept key`, `overlay`, `inserting`.
        """

    def composited(self) -> bool:
        """Windows may be translucent now."""

    def place(self, field: Field) -> Placement | None:
        """Where the ghost of this field goes; None when no place is known."""
