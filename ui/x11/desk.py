"""Where everything comes together, on one thread: keys, clicks, readings and verdicts, in order.

The desk counts the keys, knows which of them a reading holds, asks the listener about armed chords
when everything before them is known, and has its edits done.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ui.platform.interface import PASS, SWALLOW, ChordPress, Click, Done, KeyPress, Removal
from ui.platform.ledger import Effect, Ledger
from ui.platform.strokes import effect_of
from ui.x11.eyes import BusState, Hung, Left, Seen
from ui.x11.fields import mark_of
from ui.x11.focus import Focus
from ui.x11.hands import Edited, Expired, Grabbed, Lost, NotGrabbed, Order, Refused
from ui.x11.keyboard import RawClick, RawKey
from ui.x11.stream import Stream
from ui.x11.windows import Locked

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from quicktype.doctor.check import Check
    from ui.platform.interface import (
        App,
        Chord,
        Field,
        Insertion,
        Listener,
        Reading,
        ScreenConversation,
        Verdict,
    )
    from ui.x11.echoes import Echoes
    from ui.x11.editing import Target
    from ui.x11.stream import Pending
    from ui.x11.xkb import Decoder

_log = logging.getLogger(__name__)

PATIENCE_S = 0.03
"""The longest that the keyboard stands still until what was typed before a chord is seen."""
_LOOK_AGAIN_S = 0.003
_CLICK_SHOWS_S = 0.02
_WHEEL = frozenset({4, 5, 6, 7})
_CHANGING_MODIFIERS = 0b1001101
"""Shift, Control, Alt and Super make something else of an arrow or a Backspace."""


class HandsLike(Protocol):
    """What the desk wants of `Hands`."""

    covered: frozenset[int]

    @property
    def modifier_masks(self) -> dict[int, int]:
        """See `Hands.modifier_masks`."""

    @property
    def holding(self) -> bool:
        """See `Hands.holding`."""

    def resolve(self, token: int) -> None:
        """See `Hands.resolve`."""

    def decide(self, order: Order) -> None:
        """See `Hands.decide`."""

    def arm(self, chords: AbstractSet[Chord], down: AbstractSet[int]) -> None:
        """See `Hands.arm`."""

    def edit(self, edit: Insertion | Removal, target: Target) -> None:
        """See `Hands.edit`."""


class Outside(Protocol):
    """What the desk asks of the rest of the backend; nothing of it waits for an app."""

    def look(self) -> None:
        """Have the focused field read."""

    def elsewhere(self) -> Field | None:
        """The active window, for apps that tell nothing themselves."""

    def follow(self, seen: Seen | None) -> None:
        """This field was read: its conversation is wanted; None: no field has the focus."""

    def troubled(self, news: BusState | Hung | Refused | Lost | Edited) -> None:
        """Something stopped working, or works again."""


@dataclass(frozen=True, slots=True)
class Remapped:
    """The keyboard's layout changed."""


@dataclass(frozen=True, slots=True)
class WantedEdit:
    """The listener wants an edit without a chord."""

    edit: Insertion | Removal


class Desk:
    """Its thread owns everything here; `post`, `arm` and `allowed` are safe on every thread."""

    def __init__(
        self,
        listener: Listener,
        hands: HandsLike,
        decoder: Decoder,
        echoes: Echoes,
        outside: Outside,
        patience: float = PATIENCE_S,
    ) -> None:
        self._listener, self._hands, self._decoder, self._echoes = listener, hands, decoder, echoes
        self._outside = outside
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._telling = threading.Lock()
        self._focus = Focus(outside.elsewhere, self.allowed)
        self._stream = Stream(hands, self._deliver, patience)
        self._ledger = Ledger()
        self._sequence = 0
        self._armed: frozenset[Chord] = frozenset()
        self._modifiers_down: set[int] = set()
        self._taken_down: frozenset[int] = frozenset()
        self._missed: Seen | Left | None = None
        self._locked = False
        self._trouble_before = ""
        self._look_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="quicktype-desk", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; no call of the listener begins after this."""
        self._queue.put(None)
        self._thread.join(2.0)

    def post(self, news: object) -> None:
        """Something happened."""
        self._queue.put(news)

    def arm(self, chords: AbstractSet[Chord]) -> None:
        """Ask about these chords from now on."""
        wanted = frozenset(chords)
        if wanted != self._armed:
            self._armed = wanted
            self._hands.arm(wanted, self._taken_down)

    def allowed(self, app: App, site: str) -> Reading:
        """Ask the listener how much may be read."""
        with self._telling:
            return self._listener.on_app(app, site)

    def tell_conversation(self, conversation: ScreenConversation) -> None:
        """Hand on a conversation that was read."""
        self.post(lambda: self._listener.on_conversation(conversation))

    def tell_findings(self, findings: tuple[Check, ...]) -> None:
        """Hand on what works and what does not."""
        self.post(lambda: self._listener.on_findings(findings))

    @property
    def seen(self) -> Seen | None:
        """The newest reading; None while nothing that can be read has the focus."""
        return self._focus.seen

    def _run(self) -> None:
        while True:
            try:
                news = self._queue.get(timeout=self._patience())
            except queue.Empty:
                news = ()
            if news is None:
                return
            try:
                self.handle(news)
            except Exception as error:  # noqa: BLE001  (typing must go on, whatever fails)
                _log.error("%s at the desk, about %s", type(error).__name__, type(news).__name__)
                self._give_way()

    def _give_way(self) -> None:
        """Something failed: whatever was in question goes to the app."""
        if self._stream.pending is not None:
            self._hands.decide(Order(self._stream.pending.grabbed.question, taken=False))
        self._stream.forget()
        self.post(())

    def _patience(self) -> float | None:
        pending = self._stream.pending
        due = [at for at in (self._look_at, pending and pending.deadline) if at]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def handle(self, news: object) -> None:
        """Take in what happened, then do what is due."""
        match news:
            case RawKey():
                self._raw_key(news)
            case RawClick():
                self._stream.put(news)
            case Grabbed():
                self._stream.grabbed(news)
            case NotGrabbed():
                self._stream.not_grabbed(news)
            case Edited():
                self._edited(news)
            case Seen() | Left():
                self._reading(news)
            case WantedEdit():
                self._edit_now(news.edit)
            case Locked():
                self._lock(now=news.now)
            case Expired() | Lost() | BusState() | Hung() | Refused():
                self._trouble(news)
            case Remapped():
                self._decoder.reload()
            case _ if callable(news):
                with self._telling:
                    news()
        self._stream.flow()
        self._decide_if_due()
        self._stream.flow()
        self._look_if_due()

    def _trouble(self, news: Expired | Lost | BusState | Hung | Refused) -> None:
        if isinstance(news, Expired | Lost):
            self._stream.forget()
        if not isinstance(news, Expired):
            self._outside.troubled(news)

    # Keys and clicks.

    def _raw_key(self, raw: RawKey) -> None:
        if not self._echoes.claims(raw.keycode, pressed=raw.pressed):
            self._stream.put(self._with_modifiers(raw))

    def _with_modifiers(self, raw: RawKey) -> RawKey:
        """While the keyboard is frozen the server tells the modifiers as they were before."""
        bits = self._hands.modifier_masks
        if raw.keycode in bits:
            (self._modifiers_down.add if raw.pressed else self._modifiers_down.discard)(raw.keycode)
        if not self._hands.holding:
            return raw
        state = raw.modifiers
        for bit in bits.values():
            state &= ~bit
        for keycode in self._modifiers_down:
            state |= bits.get(keycode, 0)
        return replace(raw, modifiers=state)

    def _deliver(self, raw: RawKey | RawClick) -> None:
        """The app got it."""
        if self._locked and (isinstance(raw, RawClick) or raw.pressed):
            return
        if isinstance(raw, RawClick):
            self._click(raw)
        elif raw.pressed:
            self._key(raw)
        elif raw.keycode in self._taken_down:
            self._taken_down -= {raw.keycode}
            self._hands.arm(self._armed, self._taken_down)

    def _click(self, raw: RawClick) -> None:
        if raw.button not in _WHEEL:
            self._decoder.reset()
            self._focus.clicked()
            with self._telling:
                self._listener.on_click(Click(raw.x, raw.y, raw.at))
        self._look_soon(raw.at + _CLICK_SHOWS_S)

    def _key(self, raw: RawKey) -> None:
        stroke = self._decoder.press(raw.keycode, raw.modifiers)
        if stroke is None:
            return
        self._sequence += 1
        plain = not raw.modifiers & _CHANGING_MODIFIERS
        self._ledger.expect(self._sequence, effect_of(stroke, plain=plain), raw.at)
        with self._telling:
            self._listener.on_key(KeyPress(self._sequence, stroke.kind, raw.at))
        if self._focus.seen is None:
            self._ledger.forget()
            if self._focus.press(stroke):
                self._tell_field()
        elif self._ledger.quiet_at is None:
            self._tell_field()  # the app was quicker than the recording
        self._look_soon(self._ledger.quiet_at)

    # Armed chords.

    def _decide_if_due(self) -> None:
        pending = self._stream.pending
        if pending is None:
            return
        known = pending.raw is not None and self._ledger.certain
        if known or time.monotonic() >= pending.deadline:
            self._decide(pending, fresh=known)
        elif not self._ledger.certain:
            self._look_soon(time.monotonic() + _LOOK_AGAIN_S)

    def _decide(self, pending: Pending, *, fresh: bool) -> None:
        keycode, question = pending.grabbed.keycode, pending.grabbed.question
        self._taken_down |= {keycode}  # whatever is armed meanwhile, it stays ours until let go
        verdict = self._ask(pending, fresh=fresh)
        if verdict.taken:
            target = self._target(verdict.edit)
            edit = verdict.edit if target is not None else None
            self._hands.decide(Order(question, taken=True, edit=edit, target=target))
        else:
            self._taken_down -= {keycode}
            self._hands.arm(self._armed, self._taken_down)
            self._hands.decide(Order(question, taken=False))
            edit = None
        self._stream.decided(taken=verdict.taken, editing=edit is not None)

    def _ask(self, pending: Pending, *, fresh: bool) -> Verdict:
        chord = pending.grabbed.chord
        if chord is None:  # it is ours until it is let go; pressed once more, it is the app's
            again = pending.raw is not None and not pending.repeated
            return PASS if again else SWALLOW
        press = ChordPress(chord, self._sequence, fresh, pending.repeated)
        with self._telling:
            return self._listener.on_chord(press)

    # Edits.

    def _target(self, edit: Insertion | Removal | None) -> Target | None:
        """Where an edit goes; one whose field does not have the focus any more is refused."""
        if edit is None:
            return None
        target = self._focus.target(edit, self._ledger.ahead_of_reading)
        if target is None:
            self._tell_done(edit, "the field does not have the focus any more")
        return target

    def _edit_now(self, edit: Insertion | Removal) -> None:
        if self._stream.busy:
            self._tell_done(edit, "another edit is under way")
        elif target := self._target(edit):
            self._stream.editing = True
            self._hands.edit(edit, target)

    def _edited(self, news: Edited) -> None:
        self._sequence += 1
        effect = Effect(news.moved, news.moved)
        self._ledger.expect(self._sequence, effect, time.monotonic(), ours=True)
        self._missed = None
        self._tell_done(news.edit, news.trouble)
        if news.trouble != self._trouble_before:
            self._trouble_before = news.trouble
            self._outside.troubled(news)
        if not news.trouble and self._focus.edited(news.edit):
            self._tell_field()
        self._outside.look()
        self._stream.edited(news.replayed)

    def _tell_done(self, edit: Insertion | Removal, trouble: str) -> None:
        removed = isinstance(edit, Removal)
        with self._telling:
            self._listener.on_done(Done(edit.number, self._sequence, removed, trouble))

    # Readings.

    def _reading(self, news: Seen | Left) -> None:
        waiting = isinstance(news, Left) and self._stream.pending is not None
        if self._stream.editing or waiting or self._locked:
            self._missed = news
        elif isinstance(news, Seen):
            self._focus.read(news)
            self._ledger.read(mark_of(news))
            self._tell_field()
            self._outside.follow(news)
        else:
            self._decoder.reset()
            if self._focus.left():
                self._tell_field()
                self._outside.follow(None)
        self._look_soon(self._ledger.quiet_at)

    def _lock(self, *, now: bool) -> None:
        """A locker hides the screen: nothing is told until it has gone."""
        if now and not self._locked:
            self._missed = self._focus.seen or Left()
            self._decoder.reset()
            self._ledger.forget()
            self._focus.hidden()
            self._tell_field()
            self._outside.follow(None)
        self._locked = now
        self._outside.look()

    def _tell_field(self) -> None:
        seen = self._focus.seen is not None
        sequence = self._ledger.settled if seen else self._sequence
        field = self._focus.field(sequence, composing=self._decoder.composing)
        with self._telling:
            self._listener.on_field(field)

    def _look_soon(self, at: float | None) -> None:
        if at is not None:
            self._look_at = at if self._look_at is None else min(at, self._look_at)

    def _look_if_due(self) -> None:
        missed = self._missed
        if missed is not None and not self._stream.busy and not self._locked:
            self._missed = None
            self._reading(missed)
        if self._look_at is not None and time.monotonic() >= self._look_at:
            quiet = self._ledger.quiet_at
            self._look_at = quiet if quiet and quiet > time.monotonic() else None
            self._outside.look()
