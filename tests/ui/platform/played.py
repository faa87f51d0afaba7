"""A listener that remembers, and a slow app with hands that type into it, in one thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from quicktype.doctor.check import Check
from quicktype.draft import Draft
from ui.platform.gate import Gate, HookedKey, Sight
from ui.platform.interface import (
    PASS,
    App,
    ChordPress,
    Click,
    Done,
    Field,
    KeyKind,
    KeyPress,
    Modifier,
    Reading,
    Role,
    ScreenConversation,
    Verdict,
    Window,
)
from ui.platform.ledger import Mark
from ui.platform.strokes import BACKSPACE, ESCAPE, LEFT, RETURN, RIGHT, TAB, Stroke, kind_of

CHAT, WINDOW = App("chat"), Window("w1", "Chat with Maria")
_SYMBOLS = {
    "BackSpace": BACKSPACE, "Tab": TAB, "Return": RETURN, "Escape": ESCAPE, "Left": LEFT,
    "Right": RIGHT,
}  # fmt: skip


def key(name: str, *held: Modifier, pressed: bool = True) -> HookedKey:
    """A letter or a named key, as a hook tells it."""
    symbol = _SYMBOLS.get(name, 0)
    text = "" if symbol else name
    kind = kind_of(symbol, text, commanding=bool(set(held) - {Modifier.SHIFT}))
    stroke = Stroke(kind, text if kind is KeyKind.TEXT else "", symbol) if pressed else None
    return HookedKey(hash(name), pressed, name, frozenset(held), stroke, time.monotonic())


class Listener:
    """Remembers what it was told, in order; `answer` decides about chords."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.answer: Callable[[ChordPress], Verdict] = lambda _press: PASS
        self.allowed = Reading.TEXT

    def on_app(self, app: App, site: str) -> Reading:
        return self.allowed

    def on_key(self, key: KeyPress) -> None:
        self.told.append(key)

    def on_click(self, click: Click) -> None:
        self.told.append(click)

    def on_field(self, field: Field | None) -> None:
        self.told.append(field)

    def on_conversation(self, conversation: ScreenConversation) -> None:
        self.told.append(conversation)

    def on_chord(self, press: ChordPress) -> Verdict:
        self.told.append(press)
        return self.answer(press)

    def on_done(self, done: Done) -> None:
        self.told.append(done)

    def on_findings(self, findings: tuple[Check, ...]) -> None:
        self.told.append(findings)

    def fields(self) -> list[Field]:
        return [told for told in self.told if isinstance(told, Field)]

    def dones(self) -> list[Done]:
        return [told for told in self.told if isinstance(told, Done)]

    def presses(self) -> list[ChordPress]:
        return [told for told in self.told if isinstance(told, ChordPress)]


class ChatApp:
    """A field at whose end one types; what reaches it is carried out later (`work`)."""

    def __init__(self) -> None:
        self.text = ""
        self.queue: list[str] = []

    def write(self, text: str) -> str:
        self.queue.append(text)
        return ""

    def erase(self, count: int) -> str:
        self.queue += ["BackSpace"] * count
        return ""

    def work(self, amount: int | None = None) -> None:
        """Carry out some of what came in, or all."""
        for name in self.queue[:amount]:
            if name == "BackSpace":
                self.text = self.text[:-1]
            elif name == "Return":
                self.text = ""
            elif name == "Tab":
                self.text += "\t"
            else:
                self.text += name
        del self.queue[:amount]

    def sight(self, allowed: Reading = Reading.TEXT) -> Sight:
        length, at = len(self.text), time.monotonic()
        field = Field(
            "f1", 0, CHAT, WINDOW, Role.TEXT, editable=True, draft=Draft(self.text)
        )  # fmt: skip
        return Sight(field, Mark("f1", length, length, 0, at), allowed)


class Desk:
    """A gate with everything around it; `press` is what the system does with a key."""

    def __init__(self, look: Callable[[], None] | None = None) -> None:
        self.listener, self.app = Listener(), ChatApp()
        self.gate = Gate(self.listener, self.app, look or self.look)
        self.looks = 0
        self.look()

    def look(self) -> None:
        """Read the field when asked to, in the same breath."""
        self.looks += 1
        self.gate.see(self.app.sight())

    def press(self, name: str, *held: Modifier) -> bool:
        """Press and let go; True when the app got the key."""
        taken = self.gate.key(key(name, *held))
        if not taken:
            self.app.queue.append(name)
        assert self.gate.key(key(name, pressed=False)) is taken
        return not taken

    def type(self, text: str) -> None:
        for letter in text:
            assert self.press(letter)
            self.app.work()
        self.look()
