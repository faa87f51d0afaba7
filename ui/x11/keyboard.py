"""Every key and click as the server sees them, through pynput's XRecord thread.

Only the raw event is taken over: pynput's own translation keeps the keymap it found at first, and
is wrong after a layout switch.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Xlib import X
from Xlib import display as xdisplay

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class RawKey:
    """A key went down or up."""

    pressed: bool
    keycode: int
    modifiers: int
    """Modifiers and group before the key, as X events carry them."""
    stamp: int
    """The server's time: it tells one event from another on several connections."""
    at: float


@dataclass(frozen=True, slots=True)
class RawClick:
    """A mouse button went down."""

    button: int
    x: int
    y: int
    at: float


def listen(tell: Callable[[RawKey | RawClick], None]) -> Callable[[], None]:
    """Begin to tell every key and click, on a thread of pynput's; returns what ends it.

    Raises:
        OSError: There is no display to listen to.
    """
    try:
        from pynput import keyboard  # noqa: PLC0415  (it opens the display when imported)
    except ImportError as error:
        raise OSError(f"keys cannot be watched: {error}") from error

    class Recorder(keyboard.Listener):  # type: ignore[misc]
        """pynput's thread with our own eyes: buttons too, and no keymap."""

        _EVENTS = (X.KeyPress, X.ButtonPress)
        """The ends of a range: press, release, button press."""

        def _initialize(self, display: Any) -> None:
            """Load no keymap."""

        def _stop_platform(self) -> None:
            """End the recording from a new connection: the thread uses the others."""
            self.wait()
            another = xdisplay.Display()
            another.record_disable_context(self._context)
            another.sync()
            another.close()

        def _handle_message(self, _display: Any, event: Any, _injected: Any) -> None:
            now = time.monotonic()
            if event.type == X.ButtonPress:
                tell(RawClick(event.detail, event.root_x, event.root_y, now))
            else:
                pressed = event.type == X.KeyPress
                tell(RawKey(pressed, event.detail, event.state, event.time, now))

    recorder = Recorder()
    recorder.start()
    recorder.wait()

    def stop() -> None:
        recorder.stop()
        recorder.join(2.0)

    return stop
