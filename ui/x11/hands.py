"""The thread that holds the keyboard: it grabs armed chords, waits for the verdict, and edits.

While an armed chord is in question the server keeps the keyboard frozen: nothing that is typed then
gets lost, and nothing overtakes what the verdict orders. Whatever happens here, the keyboard is let
go: a verdict that does not come in time means that the app gets the key.
"""

from __future__ import annotations

import logging
import os
import queue
import select
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Xlib import X, error
from Xlib import display as xdisplay

from ui.platform.interface import Insertion, Removal
from ui.x11.editing import Editor, Inserted, Target
from ui.x11.grabs import Grabs, Keys
from ui.x11.keymap import Keymap
from ui.x11.loan import Loan
from ui.x11.sender import Sender
from ui.x11.xkb import Decoder
from ui.x11.xkb_locks import Locks

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from ui.platform.interface import Chord
    from ui.x11.bus import Bus
    from ui.x11.echoes import Echoes
    from ui.x11.sender import Typed

_log = logging.getLogger(__name__)

_VERDICT_S = 1.0
"""The desk decides much sooner; should it ever fail to, the keyboard is let go after this."""
_GROUP_SHIFT = 13
_AFTERWARDS_S = 0.05


@dataclass(frozen=True, slots=True)
class Grabbed:
    """An armed key came to us and the keyboard is frozen; `chord` None: it is held since before."""

    question: int
    """A number of its own: the verdict says which question it answers."""
    keycode: int
    stamp: int
    """The server's time of the press: the recording tells it with the same."""
    chord: Chord | None


@dataclass(frozen=True, slots=True)
class NotGrabbed:
    """The key in question went to the app, if it did not come to us before this."""

    token: int


@dataclass(frozen=True, slots=True)
class Expired:
    """No verdict came: the app got the key, whatever the verdict will be."""


@dataclass(frozen=True, slots=True)
class Edited:
    """An edit is over."""

    edit: Insertion | Removal
    trouble: str
    moved: int
    """How far the caret should have moved, in the toolkit's offsets."""
    replayed: tuple[Typed, ...] = ()
    """Keys that were typed meanwhile: we typed them again, and that is how they are told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """These chords cannot be taken."""

    chords: frozenset[Chord]


@dataclass(frozen=True, slots=True)
class Lost:
    """The hands are gone, and every grab with them."""


@dataclass(frozen=True, slots=True)
class Order:
    """What becomes of a grabbed key."""

    question: int
    taken: bool
    edit: Insertion | Removal | None = None
    target: Target | None = None


Report = Grabbed | NotGrabbed | Expired | Edited | Refused | Lost
_KEPT_EDITS = 8


class Hands:
    """Its methods may be called on every thread; `tell` is called on its own."""

    def __init__(
        self,
        name: str,
        echoes: Echoes,
        bus: Callable[[], Bus | None],
        tell: Callable[[Report], None],
        remapped: Callable[[], None],
    ) -> None:
        """Connect to the display `name`; `remapped` is called when the keyboard's layout changed.

        Raises:
            OSError: No display answers.
        """
        try:
            self._display: Any = xdisplay.Display(name)
        except error.DisplayError as failure:
            raise OSError(f"no X display answers at {name!r}") from failure
        self._keys = keys = Keys(self._display)
        self._decoder = Decoder(name)
        self._grabs = Grabs(self._display, keys)
        self._keymap = Keymap(self._display, self._decoder)
        locks = Locks(self._display)
        self._sender = Sender(self._display, keys, self._grabs, locks, echoes)
        self._loan = Loan(name)
        self._editor = Editor(bus, self._keymap, self._sender, self._loan)
        self._tell, self._remapped = tell, remapped
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._questions = 0
        self._work: deque[Callable[[], None]] = deque()
        self._wake_reading, self._wake_writing = os.pipe()
        self._inserted: dict[int, Inserted] = {}
        self._refused: frozenset[Chord] = frozenset()
        self._running = True
        self.covered: frozenset[int] = frozenset()
        """Keycodes of which a press may have come to us; any thread may look."""
        self._thread = threading.Thread(target=self._run, name="quicktype-hands", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of all keys, and end."""
        self._post(self._finish)
        self._thread.join(2.0)
        self._loan.close()
        os.close(self._wake_reading)
        os.close(self._wake_writing)

    def arm(self, chords: AbstractSet[Chord], down: AbstractSet[int]) -> None:
        """Grab these chords and no others; keys in `down` stay grabbed until they are let go."""
        wanted, held = frozenset(chords), frozenset(down)
        self._post(lambda: self._arm(wanted, held))

    def resolve(self, token: int) -> None:
        """Tell `NotGrabbed` when every key that was seen by now and came to us has been told."""
        self._post(lambda: self._resolve(token))

    def decide(self, order: Order) -> None:
        """The verdict on the last `Grabbed`."""
        self._orders.put(order)

    def edit(self, edit: Insertion | Removal, target: Target) -> None:
        """Edit without any key in question."""
        self._post(lambda: self._edit(edit, target, 0))

    @property
    def modifier_masks(self) -> dict[int, int]:
        """The modifier bit of each modifier key; any thread may look."""
        return self._keys.held_masks

    def remap(self, event: Any) -> None:
        """The server told (MappingNotify) that keys have other meanings now."""
        self._post(lambda: self._remap(event))

    @property
    def holding(self) -> bool:
        """The keyboard is ours, or was a moment ago; any thread may ask."""
        return self._sender.frozen or time.monotonic() < self._sender.freed_at + _AFTERWARDS_S

    def _post(self, work: Callable[[], None]) -> None:
        if self._running:
            self._work.append(work)
            os.write(self._wake_writing, b"x")

    def _run(self) -> None:
        try:
            while self._running:
                if not self._display.pending_events():
                    select.select([self._display.fileno(), self._wake_reading], [], [])
                self._handle_events()
                self._do_work()
            self._display.sync()
        except Exception as failure:  # noqa: BLE001  (typing must go on, whatever fails)
            _log.error("the keyboard is let go: %s", type(failure).__name__)
            self.covered = frozenset()
            self._tell(Lost())
        finally:
            # Whatever went wrong, the server takes our grabs away now, and typing goes on.
            self._display.display.socket.close()
            self._running = self._sender.frozen = False
            self._decoder.close()

    def _do_work(self) -> None:
        ready, _, _ = select.select([self._wake_reading], [], [], 0)
        if ready:
            os.read(self._wake_reading, 4096)
        while self._work:
            self._work.popleft()()

    def _handle_events(self) -> None:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.KeyPress:
                self._question(int(event.detail), int(event.state), event.time)

    def _question(self, keycode: int, state: int, stamp: int) -> None:
        """A grabbed key: the keyboard is frozen until the verdict is carried out."""
        self._sender.frozen = True
        self._questions += 1
        chord = self._grabs.chord(keycode, state)
        self._tell(Grabbed(self._questions, keycode, stamp, chord))
        order = self._verdict(self._questions)
        self._do_work()
        if not order.taken:
            self._sender.frozen = False
            self._display.allow_events(X.ReplayKeyboard, stamp)
            self._display.flush()
        elif order.edit is not None and order.target is not None:
            self._edit(order.edit, order.target, keycode)
        else:
            self._sender.free()

    def _verdict(self, question: int) -> Order:
        """The answer to this question; the app gets the key when none comes in time."""
        end = time.monotonic() + _VERDICT_S
        while (left := end - time.monotonic()) > 0:
            try:
                order = self._orders.get(timeout=left)
            except queue.Empty:
                break
            if order.question == question:
                return order
        self._tell(Expired())
        return Order(question, taken=False)

    def _edit(self, edit: Insertion | Removal, target: Target, taken: int) -> None:
        trouble, moved = "", 0
        try:
            if isinstance(edit, Insertion):
                trouble = self._insert(edit, target, taken)
                moved = 0 if trouble else target.traits.offsets(edit.text)
            else:
                inserted = self._inserted.pop(edit.number, None)
                if inserted is None:
                    trouble = "it was not inserted by us"
                else:
                    trouble = self._editor.remove(inserted, taken)
                    moved = -target.traits.offsets(inserted.text)
        except (OSError, ValueError):
            trouble = "the accessibility bus is gone"
        finally:
            self._sender.free()
        self._tell(Edited(edit, trouble, 0 if trouble else moved, self._sender.replayed()))

    def _insert(self, edit: Insertion, target: Target, taken: int) -> str:
        group = int(self._display.screen().root.query_pointer().mask) >> _GROUP_SHIFT & 3
        inserted, trouble = self._editor.insert(target, edit.text, edit.way, group, taken)
        if inserted is not None:
            self._inserted[edit.number] = inserted
            while len(self._inserted) > _KEPT_EDITS:
                self._inserted.pop(next(iter(self._inserted)))
        return trouble

    def _arm(self, chords: frozenset[Chord], down: frozenset[int]) -> None:
        before = self._grabs.keycodes
        self._grabs.arm(chords, down, self._about_to_grab)
        self.covered = before | self._grabs.keycodes
        if self._grabs.refused != self._refused:
            self._refused = self._grabs.refused
            self._tell(Refused(self._refused))

    def _about_to_grab(self, keycodes: set[int]) -> None:
        self.covered |= keycodes

    def _resolve(self, token: int) -> None:
        self._display.sync()
        self._handle_events()
        self._tell(NotGrabbed(token))

    def _remap(self, event: Any) -> None:
        if event.request == X.MappingKeyboard:
            changed = range(event.first_keycode, event.first_keycode + event.count)
            if set(changed) <= self._keymap.own_keycodes:
                return
            self._display.refresh_keyboard_mapping(event)
        self._grabs.refresh()
        self._keymap.refresh()
        self._remapped()

    def _finish(self) -> None:
        self._grabs.arm(frozenset())
        self._keymap.give_back()
        self._running = False
