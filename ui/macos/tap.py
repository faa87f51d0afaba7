"""One thread with a run loop: the event tap that every key passes, and what apps tell of changes.

macOS turns a tap off that is too slow, and says so: it is turned on again. Until the user allows
the tap there is none; it is tried again and again, so that nothing has to be started anew then.
Never run on macOS.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from ui.macos.hands import OURS
from ui.macos.keys import modifiers_of, name_of, stroke_of
from ui.platform.gate import HookedKey
from ui.platform.hooked import started
from ui.platform.interface import Click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.macos.displays import Displays
    from ui.macos.hands import MacHands
    from ui.platform.hooked import Ears

_log = logging.getLogger(__name__)
_TRY_AGAIN_S = 2.0
_LONGEST = 8


class Tap:
    """`quartz` is pyobjc's module Quartz."""

    def __init__(self, quartz: Any, hands: MacHands, displays: Displays, ears: Ears) -> None:
        self._quartz, self._hands, self._displays, self._ears = quartz, hands, displays, ears
        self._tap: Any = None
        self._stopping = threading.Event()
        self._clicks = frozenset(
            {
                quartz.kCGEventLeftMouseDown,
                quartz.kCGEventRightMouseDown,
                quartz.kCGEventOtherMouseDown,
            }
        )
        self.loop: Any = None
        """The run loop of the thread; sources may be added to it from every thread."""

    def start(self) -> Callable[[], None]:
        """Begin; returns what ends it.

        Raises:
            OSError: The thread does not start.
        """
        thread = started(self._run, "quicktype-tap")

        def stop() -> None:
            self._stopping.set()
            self._quartz.CFRunLoopStop(self.loop)
            thread.join(_TRY_AGAIN_S + 1.0)

        return stop

    def _run(self, began: Callable[[str], None]) -> None:
        quartz = self._quartz
        self.loop = quartz.CFRunLoopGetCurrent()
        began("")
        while not self._stopping.is_set():
            if self._tap is None:
                self._open()
            # Returns when it is stopped, when there is nothing to wait for, or after this long.
            quartz.CFRunLoopRunInMode(quartz.kCFRunLoopDefaultMode, _TRY_AGAIN_S, False)
            if self._tap is None:
                self._stopping.wait(_TRY_AGAIN_S)
        if self._tap is not None:
            quartz.CGEventTapEnable(self._tap, False)

    def _open(self) -> None:
        """Make the tap, if we may."""
        quartz = self._quartz
        kinds = {quartz.kCGEventKeyDown, quartz.kCGEventKeyUp, *self._clicks}
        mask = sum(quartz.CGEventMaskBit(kind) for kind in kinds)
        self._tap = quartz.CGEventTapCreate(
            quartz.kCGSessionEventTap,
            quartz.kCGHeadInsertEventTap,
            quartz.kCGEventTapOptionDefault,
            mask,
            self._event,
            None,
        )
        if self._tap is not None:
            source = quartz.CFMachPortCreateRunLoopSource(None, self._tap, 0)
            quartz.CFRunLoopAddSource(self.loop, source, quartz.kCFRunLoopDefaultMode)
            quartz.CGEventTapEnable(self._tap, True)

    def _event(self, proxy: Any, kind: int, event: Any, _refcon: Any) -> Any:
        """The tap: None keeps the event from the app. It must be quick, and must not fail."""
        quartz = self._quartz
        if kind in {quartz.kCGEventTapDisabledByTimeout, quartz.kCGEventTapDisabledByUserInput}:
            quartz.CGEventTapEnable(self._tap, True)
            return event
        try:
            with self._hands.inside(proxy):
                return None if self._take(kind, event) else event
        except Exception as error:  # noqa: BLE001 - typing must go on, whatever fails
            _log.error("%s in the event tap", type(error).__name__)
            return event

    def _take(self, kind: int, event: Any) -> bool:
        quartz = self._quartz
        if quartz.CGEventGetIntegerValueField(event, quartz.kCGEventSourceUserData) == OURS:
            return False
        if kind in self._clicks:
            place = quartz.CGEventGetLocation(event)
            x, y = self._displays.pixel(place.x, place.y)
            self._ears.click(Click(x, y, time.monotonic()))
            return False
        code = quartz.CGEventGetIntegerValueField(event, quartz.kCGKeyboardEventKeycode)
        return self._ears.key(self._key(code, kind == quartz.kCGEventKeyDown, event))

    def _key(self, code: int, pressed: bool, event: Any) -> HookedKey:
        at = time.monotonic()
        if not pressed:
            return HookedKey(code, pressed, "", frozenset(), None, at)
        modifiers = modifiers_of(self._quartz.CGEventGetFlags(event))
        _, text = self._quartz.CGEventKeyboardGetUnicodeString(event, _LONGEST, None, None)
        stroke = stroke_of(code, modifiers, text or "")
        return HookedKey(code, pressed, name_of(code), modifiers, stroke, at)
