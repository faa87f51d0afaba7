"""Follows the focus and reads it: one thread hears events, one reads the newest state."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jeepney import DBusAddress, MatchRule, message_bus, new_method_call

from ui.platform.interface import Font, Reading
from ui.x11 import atspi
from ui.x11.bus import HUNG_FOR_S, Bus, Ref, connected, shut, signals
from ui.x11.reading import Facts, Passage, facts, font, passage
from ui.x11.scene import Place, Scene
from ui.x11.search import focused_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from jeepney import Message
    from jeepney.io.blocking import DBusConnection

    from ui.platform.interface import App

_EVENTS = (
    "object:state-changed:focused",
    "object:state-changed:editable",
    "object:text-caret-moved",
    "object:text-selection-changed",
    "window:activate",
    "window:deactivate",
)
_STIRRING = {
    "object:children-changed": "ChildrenChanged",
    "object:text-changed": "TextChanged",
    "object:visible-data-changed": "VisibleDataChanged",
}
"""Asked for in the app that has the focus only: a message came, or was changed."""
_OBJECT, _WINDOW = "org.a11y.atspi.Event.Object", "org.a11y.atspi.Event.Window"
_LEAVING_S = 0.06
"""A window that lost the focus gets it back so soon when it was a grab of ours that took it."""
_SEARCH_S = (0.0, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""When to look for the focus in a window that became active and told nothing by itself."""
_RETRY_S = 0.5
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Seen:
    """One reading of the focused object."""

    node: Ref
    place: Place
    facts: Facts
    passage: Passage | None
    begun: float
    allowed: Reading
    font: Font


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing that tells about itself has the focus."""


@dataclass(frozen=True, slots=True)
class Hung:
    """An app does not answer; an empty name: it does again, or another one has the focus."""

    app: str


@dataclass(frozen=True, slots=True)
class BusState:
    """The accessibility bus went away, or is back."""

    there: bool
    says: str = ""


@dataclass(frozen=True, slots=True)
class _Signal:
    source: Ref
    member: str
    detail: str
    value: int


_Message = _Signal | BusState | None


class Eyes:
    """`tell` is called on the worker's thread; the other methods are safe on every thread."""

    def __init__(
        self,
        tell: Callable[[Seen | Left | BusState | Hung], None],
        allowed: Callable[[App, str], Reading],
        holding: Callable[[], bool],
        stirred: Callable[[], None],
    ) -> None:
        """`holding`: a grab of ours has the keyboard, which some apps take for losing the focus.

        `stirred` is called on the event thread, often, when something changes in the focused app.
        """
        self._tell, self._allowed, self.holding = tell, allowed, holding
        self._stirred = stirred
        self._watched: Ref | None = None
        self._queue: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._connection: DBusConnection | None = None
        self._address = ""
        self._bus: Bus | None = None
        self._worker = _Worker(self._queue, self)
        self._threads = [
            threading.Thread(target=self._watch, name="quicktype-events", daemon=True),
            threading.Thread(target=self._worker.run, name="quicktype-reader", daemon=True),
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads."""
        self._stopping.set()
        if self._connection is not None:
            shut(self._connection)
        self._queue.put(None)
        for thread in self._threads:
            thread.join(2.0)

    @property
    def stopping(self) -> bool:
        """It was told to end."""
        return self._stopping.is_set()

    @property
    def address(self) -> str:
        """Where the accessibility bus is at present; empty when it is not."""
        return self._address

    def tell(self, news: Seen | Left | BusState | Hung) -> None:
        """Hand on what was read."""
        self._tell(news)

    def allowed(self, app: App, site: str) -> Reading:
        """How much may be read there."""
        return self._allowed(app, site)

    def look(self) -> None:
        """Read the focused object (again)."""
        self._queue.put(_Signal(Ref("", ""), "Look", "", 0))

    def search(self) -> None:
        """Another window is active: find the focus in it if it does not tell by itself."""
        self._queue.put(_Signal(Ref("", ""), "Search", "", 0))

    def watch(self, field: Ref) -> None:
        """Hear of what changes around this field, and not any more of what changes elsewhere."""
        before, self._watched = self._watched, field
        connection = self._connection
        if connection is None or (before is not None and before.owner == field.owner):
            return
        try:
            for name, member in _STIRRING.items():
                if before is not None:
                    connection.send(_registering("DeregisterEvent", name))
                    connection.send(message_bus.RemoveMatch(_rule(member, before.owner)))
                connection.send(_registering("RegisterEvent", name, field.owner))
                connection.send(message_bus.AddMatch(_rule(member, field.owner)))
        except OSError:
            return  # the bus is gone; whoever hears it finds out

    def _watch(self) -> None:
        """Hear the bus; when it goes away, wait for it to come back."""
        while not self._stopping.is_set():
            try:
                self._connection = self._connect()
            except OSError as error:
                self._queue.put(BusState(there=False, says=str(error)))
            else:
                self._queue.put(BusState(there=True))
                self._hear(self._connection)
                self._address = ""
                self._connection.close()
                if not self._stopping.is_set():
                    self._queue.put(BusState(there=False, says="the accessibility bus went away"))
            self._watched = None
            self._stopping.wait(_RETRY_S)

    def _connect(self) -> DBusConnection:
        session = Bus("SESSION")
        try:
            address = atspi.address(session)
            atspi.enable(session)
        finally:
            session.close()
        connection = connected(address)
        try:
            _register(connection)
        except BaseException:
            connection.close()
            raise
        self._address = address
        return connection

    def _hear(self, connection: DBusConnection) -> None:
        for source, _, member, body in signals(connection):
            if member in _STIRRING.values() and source != self._watched:
                self._stirred()
            elif member in _WANTED:
                self._queue.put(_Signal(source, member, str(body[0]), int(body[1])))


def _register(connection: DBusConnection) -> None:
    """Ask the apps for the events that we want, and the bus to hand them on."""
    for name in _EVENTS:
        connection.send_and_get_reply(_registering("RegisterEvent", name), timeout=5.0)
    focused, editable = _rule("StateChanged"), _rule("StateChanged")
    focused.add_arg_condition(0, "focused")
    editable.add_arg_condition(0, "editable")
    carets = (_rule("TextCaretMoved"), _rule("TextSelectionChanged"))
    for rule in (focused, editable, *carets, MatchRule(type="signal", interface=_WINDOW)):
        connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=5.0)


_REGISTRY = DBusAddress(atspi.REGISTRY.path, atspi.REGISTRY.owner, "org.a11y.atspi.Registry")


def _registering(member: str, event: str, app: str = "") -> Message:
    """Ask the apps, or one of them, for an event; or ask no more."""
    if member == "DeregisterEvent":
        return new_method_call(_REGISTRY, member, "s", (event,))
    return new_method_call(_REGISTRY, member, "sass", (event, [], app))


def _rule(member: str, owner: str | None = None) -> MatchRule:
    return MatchRule(type="signal", sender=owner, interface=_OBJECT, member=member)


_WANTED = frozenset(
    {
        "StateChanged", "TextCaretMoved", "TextSelectionChanged", "Activate", "Deactivate",
        "TextChanged",  # a text may change with its caret where it was
    }
)  # fmt: skip


class _Worker:
    """What the reading thread knows; nobody else touches it."""

    def __init__(self, messages: queue.SimpleQueue[_Message], eyes: Eyes) -> None:
        self._queue, self._eyes = messages, eyes
        self._bus: Bus | None = None
        self._scene: Scene | None = None
        self._focus: Ref | None = None
        self._active: Ref | None = None
        self._last_in: dict[Ref, Ref] = {}
        self._leaving_at: float | None = None
        self._searches: list[float] = []
        self._waking: set[str] = set()
        self._fonts: dict[Ref, Font] = {}
        self._hung = ""

    def run(self) -> None:
        """Until the eyes close."""
        while not self._eyes.stopping:
            try:
                message = self._queue.get(timeout=self._patience())
            except queue.Empty:
                self._overdue()
                continue
            look = self._take(message)
            while not self._queue.empty():
                look = self._take(self._queue.get()) or look
            if look:
                self._guarded(self._look)
            self._overdue()
        self._drop_bus()

    def _patience(self) -> float | None:
        due = [*self._searches[:1], *([self._leaving_at] if self._leaving_at else [])]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _take(self, message: _Message) -> bool:
        """Take in a message; whether it is worth a reading."""
        if message is None:
            return False
        if isinstance(message, BusState):
            self._bus_changed(message)
            return False
        look = message.member in {"Look", "Activate"}
        match message.member:
            case "StateChanged":
                look = self._focused(message.source, message.detail, message.value)
            case "TextCaretMoved" | "TextSelectionChanged" | "TextChanged":
                look = self._moved(message.source)
            case "Activate":
                self._activated(message.source)
            case "Deactivate" if message.source == self._active or self._active is None:
                self._leaving_at = time.monotonic() + _LEAVING_S
            case "Search":
                self._plan_search()
        return look

    def _bus_changed(self, state: BusState) -> None:
        self._drop_bus()
        self._focus = self._active = None
        self._last_in = {}
        if state.there:
            try:
                self._bus = Bus(self._eyes.address)
            except OSError as error:
                self._eyes.tell(BusState(there=False, says=str(error)))
                return
            self._scene = Scene(self._bus)
            self._plan_search()
        self._eyes.tell(state)

    def _focused(self, node: Ref, detail: str, value: int) -> bool:
        if detail == "editable":  # some apps lock their field while they send
            return node == self._focus
        if detail != "focused" or not value or not self._foreground(node):
            return False
        self._focus = node
        return True

    def _moved(self, node: Ref) -> bool:
        """A caret moves in the focused object; in some apps that is how it is first heard of."""
        if node == self._focus:
            return True
        if not self._foreground(node) or not self._says_focused(node):
            return False
        self._focus = node
        return True

    def _says_focused(self, node: Ref) -> bool:
        """Carets move elsewhere, too: some apps keep one in the log that they write."""
        try:
            return self._bus is not None and atspi.is_focused(self._bus, node)
        except ConnectionError:
            return False

    def _foreground(self, node: Ref) -> bool:
        """Objects in windows at the back are none of our business."""
        return self._active is None or self._active.owner == node.owner

    def _activated(self, top: Ref) -> None:
        self._leaving_at = None
        if top == self._active and self._focus is not None:
            return
        self._active = top
        self._focus = self._last_in.get(top)
        self._plan_search()

    def _plan_search(self) -> None:
        now = time.monotonic()
        self._searches = [now + delay for delay in _SEARCH_S]

    def _overdue(self) -> None:
        now = time.monotonic()
        if self._leaving_at is not None and now >= self._leaving_at:
            self._guarded(self._leave)
        if self._searches and now >= self._searches[0]:
            self._searches.pop(0)
            self._guarded(self._search)

    def _leave(self) -> None:
        """The window lost the focus some time ago: if it was not by our grab, it is over."""
        if self._eyes.holding():
            self._leaving_at = time.monotonic() + _LEAVING_S
            return
        self._leaving_at = None
        if self._active and self._bus and atspi.is_active(self._bus, self._active):
            return
        self._active = self._focus = None
        self._plan_search()  # the next one may have told of its focus when this was still there
        self._eyes.tell(Left())

    def _guarded(self, work: Callable[[], None]) -> None:
        """The bus may go away at any time; the event thread brings it back."""
        try:
            work()
        except ConnectionError:
            self._drop_bus()

    def _drop_bus(self) -> None:
        if self._bus is not None:
            self._bus.close()
        self._bus = self._scene = None

    def _search(self) -> None:
        """Find what has the focus in the active window, waking its tree if it sleeps."""
        if self._bus is None or self._scene is None:
            return
        top = self._active
        if top is None or not (self._eyes.holding() or atspi.is_active(self._bus, top)):
            top = atspi.active_window(self._bus)
        if top is None:
            self._eyes.tell(Left())
            return
        if top != self._active:
            self._active, self._focus = top, self._last_in.get(top)
        program = self._scene.program(top.owner)
        if self._eyes.allowed(program.app, "") is Reading.NOTHING:
            self._searches = []
            return
        if program.traits.lazy_tree and top.owner not in self._waking:
            self._waking.add(top.owner)
            self._scene.wake(top)
        if self._focus is None:
            self._focus = focused_below(self._bus, top)
        if self._focus is not None:
            self._read()

    def _look(self) -> None:
        """Read; what says of itself that it has the focus, and then has not, is looked for."""
        searching = bool(self._searches)
        before = self._focus
        self._read()
        if before is not None and self._focus is None and not searching:
            self._plan_search()

    def _read(self) -> None:
        node = self._focus
        if self._bus is None or self._scene is None or node is None:
            return
        begun = time.monotonic()
        place = self._scene.place(node)
        allowed = self._eyes.allowed(place.program.app, place.site)
        found = None if allowed is Reading.NOTHING else facts(self._bus, node)
        if found is None or not (found.focused or self._eyes.holding()):
            self._gone(node, allowed)
            return
        both = passage(self._bus, node, found) if found.readable else None
        seen, text = both or (found, None)
        if self._active is not None:
            self._last_in[self._active] = node
        self._searches = []
        self._answers(place.program.app.name, well=True)
        self._eyes.watch(node)
        self._eyes.tell(Seen(node, place, seen, text, begun, allowed, self._font(node, text)))

    def _answers(self, app: str, *, well: bool) -> None:
        """Say it when an app begins to hang, and when one is read again."""
        hung = "" if well else app
        if hung != self._hung:
            self._hung = hung
            self._eyes.tell(Hung(hung))

    def _font(self, node: Ref, text: Passage | None) -> Font:
        """What a field's text looks like: asked once, when there is text to ask about."""
        if node not in self._fonts and text and text.draft.text and self._bus is not None:
            if len(self._fonts) > _REMEMBERED:
                self._fonts.clear()
            self._fonts[node] = font(self._bus, node)
        return self._fonts.get(node, Font())

    def _gone(self, node: Ref, allowed: Reading) -> None:
        """The object lost the focus without a word, hangs, or may not be looked at."""
        if self._bus is not None and node.owner in self._bus.hung:
            self._searches = [time.monotonic() + HUNG_FOR_S]
            if self._scene is not None:
                self._answers(self._scene.program(node.owner).app.name, well=False)
        elif allowed is not Reading.NOTHING and node == self._focus:
            self._focus = None
            if self._scene is not None:
                self._scene.forget(node)
        self._eyes.tell(Left())
