"""One app, one field, one person: what a test tells is what they do and see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.desktop.harness.apps import RunningApp
from tests.desktop.harness.keyboard import Fingers
from tests.desktop.harness.suggester import Suggester
from tests.desktop.harness.waiting import wait_for
from ui.platform.roles import RoleNumber
from ui.x11 import atspi
from ui.x11.atspi import StateBit
from ui.x11.bus import Bus, Call, Ref, first
from ui.x11.platform import X11Platform


@dataclass
class Story:
    """`field` is its name in what the app tells, `index` which of the window's fields it is."""

    app: RunningApp
    field: str
    index: int
    fingers: Fingers
    suggester: Suggester
    platform: X11Platform

    def begin(self) -> None:
        """Click into the field and empty it."""
        self.app.activate()
        for _ in range(3):
            self.click()
            if self._settles(self._inside, 5):
                break
        assert self._inside(), f"{self.field} did not get the focus: {self.suggester.field}"
        self.empty()
        if self.field != "password":
            self.sees("")

    def click(self) -> None:
        """Click into the middle of the field."""
        self.fingers.click(*middle_of(self.app, self.index))

    def empty(self) -> None:
        """Remove all that is in it; the window manager may still hold the click back."""
        for _ in range(8):
            told = len(self.suggester.keys)
            self.fingers.tap("Control_L", "a")
            self.fingers.tap("BackSpace")
            self._knows(told + 2)
            if self._settles(lambda: self.holds() == "", 0.5):
                break
        self.told("")

    def type(self, text: str, every: float = 0.0) -> None:
        self.fingers.write(text, every)

    def sees(self, before: str) -> None:
        """Wait until the platform tells this text before the caret, with all keys in it."""

        def told() -> bool:
            field, keys = self.suggester.field, self.suggester.keys
            newest = keys[-1].sequence if keys else 0
            return bool(
                field and field.draft and field.draft.before == before and field.sequence >= newest
            )

        try:
            wait_for(told, "the draft", 10)
        except AssertionError:
            raise AssertionError(f"not {before!r} but {self.suggester.field}") from None

    def is_offered(self, text: str) -> None:
        """Wait until this is suggested, and Tab is armed."""

        def ready() -> bool:
            tab = self.fingers.code("Tab")
            return self.suggester.shown == text and tab in self.platform._hands._grabs.keycodes

        try:
            wait_for(ready, f"the suggestion {text!r}")
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {self.suggester.shown!r} at {self.suggester.field}"
            ) from None

    def told(self, text: str) -> None:
        """Wait until the app itself tells that the field holds this."""
        try:
            wait_for(lambda: self.holds() == text, f"{text!r} in {self.field}", 10)
        except AssertionError:
            it = self.suggester
            what = f"{it.presses[-3:]}, {it.done[-3:]}, focus {self.app.told.all('focus')[-3:]}"
            raise AssertionError(f"{self.field}: {self.holds()!r}, not {text!r}; {what}") from None

    def holds(self) -> str:
        return self.app.told.last(self.field).replace("\u00a0", " ").rstrip("\n")

    def _knows(self, keys: int) -> None:
        """Wait until the platform told of so many keys."""
        wait_for(lambda: len(self.suggester.keys) >= keys, f"{keys} keys")

    def _inside(self) -> bool:
        field = self.suggester.field
        fits = bool(field and field.app.pid == self.app.process.pid)
        return fits and self.app.told.last("focus") == self.field

    def _settles(self, found: Callable[[], bool], seconds: float) -> bool:
        try:
            wait_for(found, "it", seconds)
        except AssertionError:
            return False
        return True


def middle_of(app: RunningApp, index: int) -> tuple[int, int]:
    """The middle of a window's editable field on the screen."""
    bus = Bus(_address())
    try:
        boxes = wait_for(lambda: editable_boxes(bus, app.process.pid, index + 1), "the field")
    finally:
        bus.close()
    x, y, width, height = boxes[index]
    return x + width // 2, y + height // 2


def _address() -> str:
    session = Bus("SESSION")
    try:
        return atspi.address(session)
    finally:
        session.close()


def editable_boxes(bus: Bus, pid: int, at_least: int) -> list[tuple[int, int, int, int]]:
    """Where a process's editable objects are, in the tree's order; empty when too few are there."""
    found: list[tuple[int, int, int, int]] = []
    for app in first(bus.one(Call(atspi.DESKTOP, atspi.ACCESSIBLE, "GetChildren")), ()):
        ref = Ref(*app)
        daemon = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")
        owner = Call(daemon, daemon.owner, "GetConnectionUnixProcessID", "s", (ref.owner,))
        if first(bus.one(owner)) == pid:
            _collect(bus, ref, found, 0)
    return found if len(found) >= at_least else []


def _collect(bus: Bus, node: Ref, found: list[tuple[int, int, int, int]], depth: int) -> None:
    states, role, box, children = bus.ask(
        [
            Call(node, atspi.ACCESSIBLE, "GetState"),
            Call(node, atspi.ACCESSIBLE, "GetRole"),
            atspi.extents_call(node),
            Call(node, atspi.ACCESSIBLE, "GetChildren"),
        ]
    )
    bits = first(states, ())
    web = first(role) != RoleNumber.DOCUMENT_WEB
    if atspi.has(bits, StateBit.EDITABLE) and atspi.has(bits, StateBit.SHOWING) and box and web:
        found.append(tuple(first(box)))
        return
    for child in first(children, ())[:60]:
        ref = atspi.ref(child)
        if ref is not None and depth < 30:
            _collect(bus, ref, found, depth + 1)
