"""Where everything comes together, on one thread: keys, clicks, readings and verdicts, in order.

The desk counts the keys, knows which of them a reading holds, asks the listener about armed chords
when everything before them is known, and holds back what was typed after a chord until it is done
with.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from quicktype.draft import Draft
from ui.platform.interface import (
    SWALLOW,
    ChordPress,
    Click,
    Done,
    Field,
    KeyPress,
    Reading,
    Removal,
    Role,
)
from ui.platform.key_draft import KeyDraft
from ui.platform.ledger import Effect, Ledger
from ui.platform.strokes import effect_of
from ui.x11.editing import Target
from ui.x11.eyes import BusState, Left, Seen
from ui.x11.fields import field_of, mark_of
from ui.x11.hands import Edited, Expired, Grabbed, NotGrabbed, Order, Refused
from ui.x11.keyboard import RawClick, RawKey
from ui.x11.toolkits import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from quicktype.doctor.check import Check
    from ui.platform.interface import (
        App,
        Chord,
        Insertion,
        Listener,
        ScreenConversation,
        Verdict,
    )
    from ui.platform.strokes import Stroke
    from ui.x11.echoes import Echoes
    from ui.x11.xkb import Decoder

_log = logging.getLogger(__name__)

FREEZE_S = 0.03
"""The longest that the keyboard stands still until what was typed before a chord is seen."""
_LOOK_AGAIN_S = 0.003
_NOT_TOLD = object()
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


@dataclass(frozen=True, slots=True)
class Remapped:
    """The keyboard's layout changed."""


@dataclass(frozen=True, slots=True)
class WindowChanged:
    """Another window is active."""


@dataclass(frozen=True, slots=True)
class WantedEdit:
    """The listener wants an edit without a chord."""

    edit: Insertion | Removal


@dataclass(slots=True)
class _Question:
    """A key that may have come to us."""

    token: int
    raw: RawKey
    repeated: bool


@dataclass(slots=True)
class _Pending:
    """A chord that waits for its verdict, with the keyboard frozen."""

    grabbed: Grabbed
    deadline: float
    raw: RawKey | None
    repeated: bool


class Desk:
    """Its thread owns everything here; `post` and `arm` may be called on every thread."""

    def __init__(
        self,
        listener: Listener,
        hands: HandsLike,
        decoder: Decoder,
        echoes: Echoes,
        look: Callable[[], None],
        elsewhere: Callable[[], Field | None],
        troubled: Callable[[object], None],
        follow: Callable[[Seen], None],
        locked: Callable[[], bool],
    ) -> None:
        """`look` asks for a reading; `elsewhere` is the active window that tells nothing itself."""
        self._listener, self._hands, self._decoder, self._echoes = listener, hands, decoder, echoes
        self._look, self._elsewhere, self._troubled = look, elsewhere, troubled
        self._follow, self._locked = follow, locked
        self._queue: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._telling = threading.Lock()
        self._ledger = Ledger()
        self._sequence = 0
        self._armed: frozenset[Chord] = frozenset()
        self._down: set[int] = set()
        self._modifiers_down: set[int] = set()
        self._taken_down: frozenset[int] = frozenset()
        self._late_presses: deque[int] = deque(maxlen=8)
        self._question: _Question | None = None
        self._pending: _Pending | None = None
        self._editing = False
        self._tokens = 0
        self._held: deque[RawKey | RawClick] = deque()
        self._seen: Seen | None = None
        self._missed: Seen | Left | None = None
        self._look_at: float | None = None
        self._told_elsewhere: object = _NOT_TOLD
        self._from_keys: KeyDraft | None = None
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
        self._pending, self._question, self._editing = None, None, False
        self._hands.decide(Order(taken=False))
        self._resume()

    def _patience(self) -> float | None:
        due = [at for at in (self._look_at, self._pending and self._pending.deadline) if at]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def handle(self, news: object) -> None:
        """Take in what happened, then do what is due."""
        match news:
            case RawKey():
                self._raw_key(news)
            case RawClick():
                self._raw_click(news)
            case Grabbed():
                self._grabbed(news)
            case NotGrabbed():
                self._not_grabbed(news)
            case Edited():
                self._edited(news)
            case Expired():
                self._editing, self._pending = False, None
                self._resume()
            case Seen() | Left():
                self._reading(news)
            case Remapped():
                self._decoder.reload()
            case WantedEdit():
                self._edit_now(news.edit)
            case BusState() | Refused():
                self._troubled(news)
            case _:
                self._rest(news)
        self._decide_if_due()
        self._look_if_due()

    def _rest(self, news: object) -> None:
        if callable(news):
            with self._telling:
                news()

    @property
    def _busy(self) -> bool:
        """Keys are held back until something is decided."""
        return self._question is not None or self._pending is not None or self._editing

    # Keys and clicks.

    def _raw_key(self, raw: RawKey) -> None:
        if self._echoes.claims(raw.keycode, pressed=raw.pressed):
            return
        raw = self._with_modifiers(raw)
        pending = self._pending
        awaited = pending.grabbed.keycode if pending and pending.raw is None else None
        if pending and raw.pressed and raw.keycode == awaited:
            pending.raw, pending.repeated = raw, raw.keycode in self._down
            self._down.add(raw.keycode)
        elif self._busy:
            self._held.append(raw)
        else:
            self._key(raw)

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

    def _raw_click(self, raw: RawClick) -> None:
        if self._busy:
            self._held.append(raw)
        else:
            self._click(raw)

    def _click(self, raw: RawClick) -> None:
        if raw.button not in _WHEEL:
            self._decoder.reset()
            if self._from_keys is not None:
                self._from_keys.drop()
            with self._telling:
                self._listener.on_click(Click(raw.x, raw.y, raw.at))
        self._look_soon(raw.at + 0.02)

    def _key(self, raw: RawKey) -> None:
        if not raw.pressed:
            self._down.discard(raw.keycode)
            if raw.keycode in self._taken_down:
                self._taken_down -= {raw.keycode}
                self._hands.arm(self._armed, self._taken_down)
            return
        repeated = raw.keycode in self._down
        self._down.add(raw.keycode)
        if raw.keycode in self._late_presses:
            self._late_presses.remove(raw.keycode)
        elif raw.keycode in self._hands.covered:
            self._tokens += 1
            self._question = _Question(self._tokens, raw, repeated)
            self._hands.resolve(self._tokens)
        else:
            self._plain_key(raw)

    def _plain_key(self, raw: RawKey) -> None:
        """A key that the app gets."""
        stroke = self._decoder.press(raw.keycode, raw.modifiers)
        if stroke is None:
            return
        self._sequence += 1
        plain = not raw.modifiers & _CHANGING_MODIFIERS
        self._ledger.expect(self._sequence, effect_of(stroke, plain=plain), raw.at)
        with self._telling:
            self._listener.on_key(KeyPress(self._sequence, stroke.kind, raw.at))
        if self._ledger.quiet_at is None and self._seen is not None:
            self._tell_field(self._seen)  # the app was quicker than the recording
        if self._seen is None:
            self._ledger.forget()
            self._tell_keys(stroke)
        self._look_soon(self._ledger.quiet_at)

    def _resume(self) -> None:
        """What was held back, until something has to be decided again."""
        while self._held and not self._busy:
            raw = self._held.popleft()
            if isinstance(raw, RawClick):
                self._click(raw)
            else:
                self._key(raw)
        if not self._busy and self._missed is not None:
            missed, self._missed = self._missed, None
            self._reading(missed)

    # Armed chords.

    def _grabbed(self, news: Grabbed) -> None:
        question, self._question = self._question, None
        raw, repeated = None, news.keycode in self._down
        if question is not None:
            if question.raw.keycode == news.keycode:
                raw, repeated = question.raw, question.repeated
            else:
                self._plain_key(question.raw)
        self._pending = _Pending(news, time.monotonic() + FREEZE_S, raw, repeated)
        if raw is None:
            self._find_held(self._pending)

    def _find_held(self, pending: _Pending) -> None:
        """The press may be among the keys that were held back; those before it are let go."""
        presses = [raw for raw in self._held if isinstance(raw, RawKey) and raw.pressed]
        if all(raw.keycode != pending.grabbed.keycode for raw in presses):
            return
        self._pending = None
        while self._held:
            raw = self._held.popleft()
            if isinstance(raw, RawClick):
                self._click(raw)
            elif raw.pressed and raw.keycode == pending.grabbed.keycode:
                pending.raw, pending.repeated = raw, raw.keycode in self._down
                self._down.add(raw.keycode)
                break
            else:
                self._key(raw)
        self._pending = pending

    def _not_grabbed(self, news: NotGrabbed) -> None:
        if self._question is not None and self._question.token == news.token:
            raw, self._question = self._question.raw, None
            self._plain_key(raw)
            self._resume()

    def _decide_if_due(self) -> None:
        pending = self._pending
        if pending is None:
            return
        known = pending.raw is not None and self._ledger.certain
        if known or time.monotonic() >= pending.deadline:
            self._pending = None
            self._decide(pending, fresh=known)
            self._resume()
        elif not self._ledger.certain:
            self._look_soon(time.monotonic() + _LOOK_AGAIN_S)

    def _decide(self, pending: _Pending, *, fresh: bool) -> None:
        keycode = pending.grabbed.keycode
        self._taken_down |= {keycode}  # whatever is armed meanwhile, it stays ours until let go
        verdict = self._ask(pending, fresh=fresh)
        if not verdict.taken:
            self._taken_down -= {keycode}
            self._hands.arm(self._armed, self._taken_down)
            self._hands.decide(Order(taken=False))
            if pending.raw is not None:
                self._plain_key(pending.raw)
            return
        if pending.raw is None:
            self._late_presses.append(keycode)
        target = self._target(verdict.edit)
        if verdict.edit is not None and target is None:
            self._refuse(verdict.edit)
        self._editing = verdict.edit is not None and target is not None
        self._hands.decide(Order(taken=True, edit=verdict.edit if target else None, target=target))

    def _ask(self, pending: _Pending, *, fresh: bool) -> Verdict:
        chord = pending.grabbed.chord
        if chord is None:
            return SWALLOW
        press = ChordPress(chord, self._sequence, fresh, pending.repeated)
        with self._telling:
            return self._listener.on_chord(press)

    # Edits.

    def _target(self, edit: Insertion | Removal | None) -> Target | None:
        """Where an edit goes; None when its field does not have the focus any more."""
        if edit is None:
            return None
        seen = self._seen
        if isinstance(edit, Removal):
            return Target(None, 0, seen.place.program.traits if seen else OTHER)
        if seen is None:
            there = self._elsewhere()
            return Target(None, 0, OTHER) if there and there.identity == edit.field else None
        if "".join(seen.node) != edit.field:
            return None
        caret = seen.facts.caret + self._ledger.ahead_of_reading
        return Target(seen.node, caret, seen.place.program.traits)

    def _refuse(self, edit: Insertion | Removal) -> None:
        done = Done(
            edit.number, self._sequence, removed=isinstance(edit, Removal),
            trouble="the field does not have the focus any more",
        )  # fmt: skip
        with self._telling:
            self._listener.on_done(done)

    def _edit_now(self, edit: Insertion | Removal) -> None:
        target = self._target(edit)
        if target is None or self._busy:
            self._refuse(edit)
        else:
            self._editing = True
            self._hands.edit(edit, target)

    def _edited(self, news: Edited) -> None:
        self._editing = False
        self._sequence += 1
        effect = Effect(news.moved, news.moved)
        self._ledger.expect(self._sequence, effect, time.monotonic(), ours=True)
        removed = isinstance(news.edit, Removal)
        with self._telling:
            self._listener.on_done(
                Done(news.edit.number, self._sequence, removed=removed, trouble=news.trouble)
            )
        self._missed = None
        if self._from_keys is not None and not news.trouble:
            self._from_keys.edited(news.edit)
        self._look()
        self._resume()

    # Readings.

    def _reading(self, news: Seen | Left) -> None:
        if self._editing:
            self._missed = news
            return
        if isinstance(news, Left):
            if self._pending is not None:
                self._missed = news
                return
            self._seen = None
            self._decoder.reset()
            self._tell_elsewhere()
        else:
            self._seen = news
            self._ledger.read(mark_of(news))
            self._tell_field(news)
            self._follow(news)
        self._look_soon(self._ledger.quiet_at)

    def _tell_elsewhere(self) -> None:
        """Nothing that can be read has the focus: the window is all that is told, once."""
        field = self._elsewhere()
        if field == self._told_elsewhere:
            return
        self._told_elsewhere = field
        allowed = self.allowed(field.app, "") if field is not None else Reading.NOTHING
        self._from_keys = KeyDraft() if allowed is Reading.KEYS else None
        with self._telling:
            self._listener.on_field(field)

    def _tell_keys(self, stroke: Stroke) -> None:
        """The draft as the keys make it up, where the user wants that."""
        there = self._told_elsewhere
        if self._from_keys is None or not isinstance(there, Field):
            return
        self._from_keys.press(stroke, locked=self._locked())
        draft = Draft(self._from_keys.text)
        field = replace(
            there, sequence=self._sequence, role=Role.TEXT, editable=True, draft=draft,
            composing=self._decoder.composing, from_keys=True,
        )  # fmt: skip
        with self._telling:
            self._listener.on_field(field)

    def _tell_field(self, seen: Seen) -> None:
        self._told_elsewhere, self._from_keys = _NOT_TOLD, None
        field = field_of(seen, self._ledger.settled, composing=self._decoder.composing)
        with self._telling:
            self._listener.on_field(field)

    def tell_conversation(self, conversation: ScreenConversation) -> None:
        """Hand on a conversation that was read."""
        self.post(lambda: self._listener.on_conversation(conversation))

    def tell_findings(self, findings: tuple[Check, ...]) -> None:
        """Hand on what works and what does not."""
        self.post(lambda: self._listener.on_findings(findings))

    def _look_soon(self, at: float | None) -> None:
        if at is not None:
            self._look_at = at if self._look_at is None else min(at, self._look_at)

    def _look_if_due(self) -> None:
        if self._look_at is not None and time.monotonic() >= self._look_at:
            quiet = self._ledger.quiet_at
            self._look_at = quiet if quiet and quiet > time.monotonic() else None
            self._look()
