"""Joins the state machine to the desktop and to the daemon: one lock, one clock, no waiting.

Events come from the platform's threads, from the link's and from Qt's; each is handled under the
lock, and what the machine wants done is done there too, so that actions keep the order of events.
None of them waits for anybody.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype import protocol
from ui.core import actions as do

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quicktype.conversation import Conversation
    from quicktype.doctor.check import Check
    from quicktype.protocol import ClientMessage, ServerMessage
    from ui.core.machine import Machine
    from ui.core.settings import Settings
    from ui.platform.interface import (
        App,
        ChordPress,
        Click,
        Done,
        Field,
        KeyPress,
        Platform,
        Presenter,
        Reading,
        ScreenConversation,
        Verdict,
    )


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what happens besides; called under the lock, from any thread, so be quick."""

    mood: Callable[[do.Mood], None]
    count: Callable[[do.Event, int], None]
    took: Callable[[float], None]
    toggle_pause: Callable[[], None]
    read_clipboard: Callable[[], None]
    findings: Callable[[tuple[Check, ...]], None]


class Conductor:
    """The platform's `Listener`, for all threads."""

    def __init__(
        self,
        machine: Machine,
        platform: Platform,
        presenter: Presenter,
        tell: Callable[[ClientMessage], None],
        ears: Ears,
    ) -> None:
        self._machine = machine
        self._platform = platform
        self._presenter = presenter
        self._tell = tell
        self._ears = ears
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._clock = threading.Thread(target=self._wake, name="clock", daemon=True)

    def start(self) -> None:
        """Begins to listen; raises OSError when there is no desktop."""
        self._clock.start()
        self._platform.start(self)

    def stop(self) -> None:
        """Gives the desktop back and hides what shows."""
        self._platform.stop()
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._presenter.hide()

    # --- the platform's side ----------------------------------------------------------------

    def on_app(self, app: App, site: str) -> Reading:
        """How much may be read."""
        with self._changed:
            return self._machine.reading(app, site)

    def on_key(self, key: KeyPress) -> None:
        """A key went to the app."""
        with self._changed:
            self._run(self._machine.key(key))

    def on_click(self, click: Click) -> None:
        """A click."""
        with self._changed:
            self._run(self._machine.click(click))

    def on_field(self, field: Field | None) -> None:
        """The focused field is like this now."""
        with self._changed:
            self._run(self._machine.field(field, time.monotonic()))

    def on_conversation(self, conversation: ScreenConversation) -> None:
        """The conversation on the screen."""
        with self._changed:
            self._run(self._machine.conversation(conversation, time.monotonic()))

    def on_chord(self, press: ChordPress) -> Verdict:
        """An armed chord."""
        with self._changed:
            verdict, actions = self._machine.chord(press, time.monotonic())
            self._run(actions)
            return verdict

    def on_done(self, done: Done) -> None:
        """An edit has ended."""
        with self._changed:
            self._run(self._machine.done(done, time.monotonic()))

    def on_findings(self, findings: tuple[Check, ...]) -> None:
        """What works on this desktop has changed."""
        self._ears.findings(findings)

    # --- everybody else's -------------------------------------------------------------------

    def on_message(self, message: ServerMessage) -> None:
        """The daemon said something."""
        with self._changed:
            match message:
                case protocol.Welcome():
                    self._run(self._machine.connected())
                case protocol.Suggestions() | protocol.Done() | protocol.Error():
                    self._run(self._machine.answer(message, time.monotonic()))

    def configured(self, settings: Settings) -> None:
        """The settings are these now."""
        with self._changed:
            self._run(self._machine.configured(settings))

    def paused(self, *, on: bool) -> None:
        """Pause, or go on."""
        with self._changed:
            self._run(self._machine.paused(on=on))

    def clipboard(self, turns: Conversation) -> None:
        """The clipboard held this conversation."""
        with self._changed:
            self._run(self._machine.clipboard(turns, time.monotonic()))

    def _run(self, actions: Sequence[do.Action]) -> None:
        for action in actions:
            self._perform(action)
        self._changed.notify()

    def _perform(self, action: do.Action) -> None:
        match action:
            case do.Show(field, text, others):
                self._presenter.show(field, text, others)
            case do.Hide():
                self._presenter.hide()
            case do.Arm(chords):
                self._platform.hook.arm(chords)
            case do.Tell(message):
                self._tell(message)
            case do.Refresh():
                self._platform.context.refresh()
            case _:
                self._report(action)

    def _report(self, action: do.Action) -> None:
        match action:
            case do.Mood():
                self._ears.mood(action)
            case do.Count(event, amount):
                self._ears.count(event, amount)
            case do.Took(milliseconds):
                self._ears.took(milliseconds)
            case do.TogglePause():
                self._ears.toggle_pause()
            case do.ReadClipboard():
                self._ears.read_clipboard()

    def _wake(self) -> None:
        """The clock: sleeps until the machine wants to be woken, for ever if it does not."""
        with self._changed:
            while not self._closed:
                at = self._machine.wake_at
                left = None if at is None else at - time.monotonic()
                if left is None or left > 0:
                    self._changed.wait(left)
                else:
                    self._run(self._machine.tick(time.monotonic()))
