"""A desktop that is played: an app with a field, a person at the keys, a daemon with answers.

Nothing happens by itself: what an app tells and what a daemon answers waits until it is delivered,
so that a test (or hypothesis) decides in which order things arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from quicktype import protocol
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft, Key, Keystroke
from quicktype.suggestion import Candidate, Word, split_words
from ui.core import actions as do
from ui.core import hotkeys
from ui.core.machine import Machine
from ui.core.settings import Settings
from ui.platform.interface import (
    App,
    Chord,
    ChordPress,
    Click,
    Done,
    Field,
    Insertion,
    KeyKind,
    KeyPress,
    Rect,
    Removal,
    Role,
    ScreenConversation,
    Toolkit,
    Verdict,
    Window,
)

CHAT = App("konversation", Toolkit.QT, 100)
BOX = Rect(100, 500, 400, 30)
EFFECTS = {
    "Backspace": (KeyKind.ERASE, Keystroke(Key.BACKSPACE)),
    "Left": (KeyKind.MOVE, Keystroke(Key.LEFT)),
    "Right": (KeyKind.MOVE, Keystroke(Key.RIGHT)),
    "Home": (KeyKind.MOVE, Keystroke(Key.HOME)),
    "End": (KeyKind.MOVE, Keystroke(Key.END)),
    "Enter": (KeyKind.ENTER, Keystroke(Key.SEND)),
    "Esc": (KeyKind.ESCAPE, None),
    "Tab": (KeyKind.TAB, None),
    "Ctrl+C": (KeyKind.SHORTCUT, None),
    "F5": (KeyKind.OTHER, None),
}


def candidate(text: str, *confidences: float) -> Candidate:
    words = split_words(text)
    given = confidences or [0.9 * 0.9**place for place in range(len(words))]
    return Candidate(tuple(Word(word, sure) for word, sure in zip(words, given, strict=True)))


@dataclass(frozen=True)
class Inserted:
    """What a chord put into the field, and what the field held before."""

    before: Draft
    text: str


class World:
    """Plays the platform for a machine, and keeps what the machine wanted done."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.machine = Machine(settings or Settings())
        self.now = 100.0
        self.app = Field("f1", 0, CHAT, Window("w1"), Role.TEXT, editable=True, draft=Draft())
        self.app = replace(self.app, box=BOX, multiline=False)
        self.untold: list[Field] = []
        """Readings of the field that the backend has not told yet."""
        self.told: Field | None = None
        self.key_sequence = 0
        self.ghost = ""
        self.others: tuple[str, ...] = ()
        self.shown_in: Field | None = None
        self.armed: frozenset[Chord] = frozenset()
        self.said: list[protocol.ClientMessage] = []
        self.counts: dict[do.Event, int] = {}
        self.mood: do.Mood | None = None
        self.did: list[do.Action] = []
        self.inserted: list[Inserted] = []
        self.insertions_fail = False
        self.reached_the_app: list[str] = []

    # --- the person ---------------------------------------------------------------------------

    def focus(self, *, tell: bool = True, **changes: Any) -> None:
        """Another field (or the same with other properties) has the focus."""
        self.app = replace(self.app, sequence=self.key_sequence, **changes)
        self._read(tell=tell)

    def leave(self) -> None:
        """Nothing has the focus."""
        self.untold.clear()
        self.told = None
        self.do(self.machine.field(None, self.now))

    def type(self, text: str, *, tell: bool = True) -> None:
        for char in text:
            self.press(char, tell=tell)

    def press(self, key: str, *, tell: bool = True, fresh: bool = True) -> None:
        """A key goes down; with `tell`, the app tells at once what it did."""
        self.now += 0.1 if tell else 0.004
        chord = _chord(key)
        if chord in self.armed:
            self.told_all() if fresh else None
            verdict = self.chord(chord, fresh=not self.untold)
            if verdict.taken:
                return
        self.reached_the_app.append(key)
        self.key_sequence += 1
        kind, effect = EFFECTS.get(key, (KeyKind.TEXT, None))
        if len(key) == 1:
            effect = Keystroke.typing(key)
        self.do(self.machine.key(KeyPress(self.key_sequence, kind, self.now)))
        draft = self.app.draft
        if effect is not None and draft is not None:
            self.app = replace(self.app, draft=draft.apply(effect))
        self.app = replace(self.app, sequence=self.key_sequence)
        self._read(tell=tell)

    def hold(self, key: str, times: int) -> list[bool]:
        """The key repeats while it is held; gives which of the repeats were taken."""
        press = ChordPress(_chord(key), self.key_sequence, fresh=True, repeated=True)
        return [self._decided(press).taken for _ in range(times)]

    def chord(self, chord: Chord, *, fresh: bool = True) -> Verdict:
        verdict = self._decided(ChordPress(chord, self.key_sequence, fresh, repeated=False))
        match verdict.edit:
            case Insertion(_, field, text) if field == self.app.identity:
                self._insert(verdict.edit.number, text)
            case Removal(number):
                self._remove(number)
        return verdict

    def click(self, x: int = 0, y: int = 0) -> None:
        self.now += 0.1
        self.do(self.machine.click(Click(x, y, self.now)))

    # --- the app ----------------------------------------------------------------------------------

    def empties(self) -> None:
        """The app takes the message away, as one that sends does."""
        self.app = replace(self.app, draft=Draft())
        self._read(tell=True)

    def tell_next(self) -> None:
        """The backend tells the oldest reading that it has."""
        if self.untold:
            self.told = self.untold.pop(0)
            self.do(self.machine.field(self.told, self.now))

    def told_all(self) -> None:
        while self.untold:
            self.tell_next()

    def _read(self, *, tell: bool) -> None:
        self.untold.append(self.app)
        if tell:
            self.told_all()

    def _insert(self, number: int, text: str) -> None:
        """Letter by letter, as keys would; all of it stands there before any later key."""
        assert self.app.draft is not None
        if self.insertions_fail:
            self._done(number, "the app has gone deaf")
            return
        self.inserted.append(Inserted(self.app.draft, text))
        for char in text:
            assert self.app.draft is not None
            self.app = replace(self.app, draft=self.app.draft.apply(Keystroke.typing(char)))
            self.untold.append(self.app)
        self._done(number)
        self.untold.append(self.app)
        self.tell_insertion()

    def _done(self, number: int, trouble: str = "") -> None:
        self.key_sequence += 1
        self.app = replace(self.app, sequence=self.key_sequence)
        done = Done(number, self.key_sequence, trouble=trouble)
        self.do(self.machine.done(done, self.now))

    def tell_insertion(self) -> None:
        """What happens after an insertion: the app tells it."""
        self.told_all()

    def _remove(self, number: int) -> None:
        before = self.inserted.pop().before
        self.app = replace(self.app, draft=before)
        self._done(number)
        self._read(tell=True)

    # --- the daemon -------------------------------------------------------------------------------

    @property
    def questions(self) -> list[protocol.Complete]:
        return [message for message in self.said if isinstance(message, protocol.Complete)]

    @property
    def question(self) -> protocol.Complete:
        return self.questions[-1]

    def answer(
        self, *texts: str | Candidate, to: protocol.Complete | None = None, last: bool = True
    ) -> None:
        """The daemon answers the newest question, or `to` an older one."""
        self.now += 0.01
        name = (to or self.question).id
        found = tuple(candidate(text) if isinstance(text, str) else text for text in texts)
        if last:
            done = protocol.Done(name, "complete", None, found)
            self.do(self.machine.answer(done, self.now))
        else:
            self.do(self.machine.answer(protocol.Suggestions(name, found), self.now))

    def fails(self) -> None:
        error = protocol.Error("busy", "too much", self.question.id)
        self.do(self.machine.answer(error, self.now))

    def conversation(self, *turns: tuple[str, str], me: str = "Ana", partner: str = "Ben") -> None:
        talk = Conversation(tuple(Turn(*turn) for turn in turns))
        screen = ScreenConversation(self.app.identity, talk, me, partner)
        self.do(self.machine.conversation(screen, self.now))

    # --- time, and what is wanted done --------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Time passes; the machine is woken when it wants to be."""
        end = self.now + seconds
        while self.machine.wake_at is not None and self.machine.wake_at <= end:
            self.now = max(self.now, self.machine.wake_at)
            self.do(self.machine.tick(self.now))
        self.now = end

    def do(self, actions: Sequence[do.Action]) -> None:
        for action in actions:
            self.did.append(action)
            match action:
                case do.Show(field, text, others):
                    self.shown_in, self.ghost, self.others = field, text, others
                case do.Hide():
                    self.ghost, self.others = "", ()
                case do.Arm(chords):
                    self.armed = chords
                case do.Tell(message):
                    self.said.append(message)
                case do.Count(event, amount):
                    self.counts[event] = self.counts.get(event, 0) + amount
                case do.Mood():
                    self.mood = action

    def feedback(self) -> list[tuple[str, str]]:
        return [(m.event, m.text) for m in self.said if isinstance(m, protocol.Feedback)]

    @property
    def text(self) -> str:
        """What the app holds, with the caret in it."""
        assert self.app.draft is not None
        return f"{self.app.draft.before}|{self.app.draft.after}"

    def _decided(self, press: ChordPress) -> Verdict:
        verdict, actions = self.machine.chord(press, self.now)
        self.do(actions)
        return verdict


def _chord(key: str) -> Chord:
    return Chord("space") if key == " " else hotkeys.parse(key)
