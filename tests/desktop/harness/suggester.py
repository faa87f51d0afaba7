"""A listener that plays the product's part: it shows the rest of a phrase and takes it on Tab."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from quicktype.doctor.check import Check
from ui.platform.interface import (
    PASS,
    SWALLOW,
    App,
    Chord,
    ChordPress,
    Click,
    Done,
    Field,
    Hook,
    Insertion,
    KeyPress,
    Reading,
    Removal,
    ScreenConversation,
    Verdict,
    Way,
)

TAB, SHIFT_TAB, BACKSPACE = Chord.parse("Tab"), Chord.parse("Shift+Tab"), Chord.parse("BackSpace")
PHRASES = (
    "the usual place at eight",
    "should I book a table for six people?",
    "see you there \N{SLICE OF PIZZA} Zo\u00eb",
)


def rest_of_phrase(before: str) -> str:
    """What follows when the draft ends with at least three characters of a phrase's beginning."""
    for phrase in PHRASES:
        for length in range(min(len(phrase) - 1, len(before)), 2, -1):
            if before.endswith(phrase[:length]):
                return phrase[length:]
    return ""


def first_word(text: str) -> str:
    """The first word with the space before it."""
    end = text.find(" ", 1)
    return text if end < 0 else text[:end]


@dataclass
class Suggester:
    """Everything that it was told, and what it shows; `take` cuts what one Tab takes."""

    hook: Hook
    predict: Callable[[str], str] = rest_of_phrase
    take: Callable[[str], str] = str
    way: Way = Way.BEST
    reading: dict[str, Reading] = field(default_factory=dict)
    fields: list[Field | None] = field(default_factory=list)
    keys: list[KeyPress] = field(default_factory=list)
    clicks: list[Click] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    presses: list[tuple[ChordPress, Verdict]] = field(default_factory=list)
    conversations: list[ScreenConversation] = field(default_factory=list)
    findings: tuple[Check, ...] = ()
    shown: str = ""
    undoable: int | None = None
    inserted: list[str] = field(default_factory=list)
    story: list[tuple[str, str]] = field(default_factory=list)
    """What happened to the text: ("key", its kind), ("took", text), ("took back", text)."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def field(self) -> Field | None:
        return self.fields[-1] if self.fields else None

    @property
    def newest(self) -> int:
        """The newest key or edit that it was told of."""
        keys = [key.sequence for key in self.keys[-1:]]
        return max([*keys, *(done.sequence for done in self.done[-1:])], default=0)

    def on_app(self, app: App, site: str) -> Reading:
        return self.reading.get(app.name, Reading.TEXT)

    def on_key(self, key: KeyPress) -> None:
        self.keys.append(key)
        self.story.append(("key", key.kind.name))
        self.undoable = None
        self.arm()

    def on_click(self, click: Click) -> None:
        self.clicks.append(click)
        self.shown, self.undoable = "", None
        self.arm()

    def on_field(self, field: Field | None) -> None:
        self.fields.append(field)
        if field and field.sequence < self.newest:
            return
        self.shown = ""
        if field and field.draft and not field.selected:
            self.shown = "" if field.draft.after.strip() else self.predict(field.draft.before)
        self.arm()

    def on_conversation(self, conversation: ScreenConversation) -> None:
        self.conversations.append(conversation)

    def on_chord(self, press: ChordPress) -> Verdict:
        verdict = self.verdict(press)
        self.presses.append((press, verdict))
        self.arm()
        return verdict

    def verdict(self, press: ChordPress) -> Verdict:
        if press.chord == BACKSPACE and self.undoable is not None:
            number, self.undoable = self.undoable, None
            self.story.append(("took back", self.inserted[number - 1]))
            return Verdict(taken=True, edit=Removal(number))
        if press.chord == TAB and self.shown and press.fresh and self.field:
            text = self.take(self.shown)
            self.inserted.append(text)
            self.story.append(("took", text))
            self.undoable, self.shown = len(self.inserted), self.shown[len(text) :]
            return Verdict(
                taken=True, edit=Insertion(len(self.inserted), self.field.identity, text, self.way)
            )
        return SWALLOW if press.repeated else PASS

    def on_done(self, done: Done) -> None:
        self.done.append(done)

    def on_findings(self, findings: tuple[Check, ...]) -> None:
        self.findings = findings

    def arm(self) -> None:
        chords = ({TAB} if self.shown else set()) | ({BACKSPACE} if self.undoable else set())
        self.hook.arm(chords)
