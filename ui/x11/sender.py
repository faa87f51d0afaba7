"""Sends keys through XTEST as if nothing else were pressed, and the user's own keys after them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from Xlib import XK, X
from Xlib.ext import xtest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from Xlib.display import Display

    from ui.x11.echoes import Echoes
    from ui.x11.grabs import Grabs, Keys
    from ui.x11.keymap import Stroke
    from ui.x11.xkb_locks import Locks

Event = tuple[bool, int]
"""Whether a key goes down, and its keycode."""


class Typed(NamedTuple):
    """A key that the user pressed or released while the keyboard was ours."""

    pressed: bool
    keycode: int
    stamp: int
    """The server's time."""

    @property
    def event(self) -> Event:
        """What is sent in its place."""
        return self.pressed, self.keycode


class Sender:
    """Used by the thread that owns the connection."""

    def __init__(
        self, display: Display, keys: Keys, grabs: Grabs, locks: Locks, echoes: Echoes
    ) -> None:
        self._display, self._keys, self._grabs = display, keys, grabs
        self._locks, self._echoes = locks, echoes
        self.frozen = False
        """A grab of ours holds the keyboard at present."""
        self.freed_at = 0.0
        self._replayed: list[Typed] = []
        self._kept_back: list[Typed] = []
        self._release_seen = False

    def free(self) -> None:
        """Let the keyboard go; what was typed since it froze reaches the app now."""
        if self.frozen:
            self.frozen = False
            self.freed_at = time.monotonic()
            self._display.ungrab_keyboard(X.CurrentTime)
            self._display.sync()

    def replayed(self) -> tuple[Typed, ...]:
        """What was typed while the keyboard was ours, and typed again: each is told once."""
        told, self._replayed = tuple(self._replayed), []
        return told

    def code(self, name: str) -> int:
        """The keycode of a key by its X name; 0 when this keyboard has none."""
        return int(self._display.keysym_to_keycode(XK.string_to_keysym(name)))

    def typing(self, strokes: Sequence[Stroke]) -> list[Event]:
        """The events that press these keys one after the other."""
        shift, events, held = self.code("Shift_L"), list[Event](), False
        for keycode, shifted in strokes:
            if shifted != held:
                events.append((shifted, shift))
                held = shifted
            events += [(True, keycode), (False, keycode)]
        return [*events, (False, shift)] if held else events

    def chord(self, *names: str) -> list[Event]:
        """The events of keys pressed together."""
        codes = [self.code(name) for name in names]
        return [*((True, code) for code in codes), *((False, code) for code in reversed(codes))]

    def send(
        self, events: Sequence[Event], taken: int = 0, until: Callable[[], None] | None = None
    ) -> bool:
        """Send the events so that nothing comes in between, then what the user typed meanwhile.

        Whether the keyboard is frozen by a grab of ours or not, it is free when this returns. Other
        programs stand still for about a millisecond. `taken` is the key whose press the app did not
        see: it does not see the release either. `until` waits for what the events do: what the user
        types comes after that. False when another program holds the keyboard.
        """
        with self._server_to_ourselves():
            waiting = self._take_over(taken)
            if waiting is None:
                return False
            self._replayed += waiting
            typed = [key.event for key in (*self._kept_back, *waiting)]
            self._kept_back = []
            root: Any = self._display.screen().root
            capitals = int(root.query_pointer().mask) & X.LockMask
            down = self._down()
            modifiers = sorted(self._keys.held_modifiers)
            again = down_before(typed, modifiers, down)
            # A key that is down cannot be pressed again: the server would drop it.
            pressed = {code for _, code in (*events, *typed)} | self._keys.held_modifiers
            ours = [
                *((False, code) for code in down if code in pressed),
                *events,
                *((True, code) for code in again),
            ]
            self._echoes.expect(ours)
            self.frozen, self.freed_at = False, time.monotonic()
            self._display.ungrab_keyboard(X.CurrentTime)
            self._locks.set(capitals, 0)
            with self._grabs.suspended({code for _, code in ours}):
                self._fake(ours)
            self._locks.set(capitals, capitals)
            if until is None:
                self._fake(typed)
                return True
            self._kept_back = waiting
            self._grab_keyboard()
            self.frozen = True
        until()
        return self.send([], 0 if self._release_seen else taken)

    def _take_over(self, taken: int) -> list[Typed] | None:
        """Grab the keyboard: what was typed since it froze comes to us, in order."""
        if self._grab_keyboard() != X.GrabSuccess:
            return None
        self._display.sync()
        typed: list[Typed] = []
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type in {X.KeyPress, X.KeyRelease}:
                pressed = event.type == X.KeyPress
                typed.append(Typed(pressed, int(event.detail), int(event.time)))
        released = next((key for key in typed if key.event == (False, taken)), None)
        self._release_seen = released is not None
        unseen = self._keys.lock_keycodes
        return [key for key in typed if key is not released and key.keycode not in unseen]

    def _grab_keyboard(self) -> int:
        root: Any = self._display.screen().root
        mode = X.GrabModeAsync
        return int(root.grab_keyboard(False, mode, mode, X.CurrentTime))

    def _down(self) -> list[int]:
        """The keys that are held down now."""
        bits = self._display.query_keymap()
        return [code for code in range(8, 256) if bits[code // 8] >> code % 8 & 1]

    def _fake(self, events: Sequence[Event]) -> None:
        for pressed, keycode in events:
            kind = X.KeyPress if pressed else X.KeyRelease
            xtest.fake_input(self._display, kind, keycode)

    @contextmanager
    def _server_to_ourselves(self) -> Iterator[None]:
        self._display.grab_server()
        try:
            yield
        finally:
            self._display.ungrab_server()
            self._display.sync()


def down_before(typed: Sequence[Event], modifiers: Sequence[int], down: Sequence[int]) -> list[int]:
    """Which modifiers were down before the typed events, given those that are down after them."""
    first_pressed = {code: pressed for pressed, code in reversed(typed)}
    return [code for code in modifiers if not first_pressed.get(code, code not in down)]
