"""A `Platform` made of a system's hook, hands and eyes: what Windows and macOS have in common."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from ui.platform.gate import Gate
from ui.platform.placing import place
from ui.platform.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from quicktype.doctor.check import Check
    from ui.platform.gate import Hands, HookedKey
    from ui.platform.interface import (
        Chord,
        Click,
        Context,
        Field,
        Hook,
        Inserter,
        Insertion,
        Listener,
        Placement,
        Presenter,
        Removal,
    )
    from ui.platform.watcher import Reader


class Ears(Protocol):
    """Whom a system's events are told to."""

    def key(self, key: HookedKey) -> bool:
        """A key, before the app sees it; whether it is not to see it."""

    def click(self, click: Click) -> None:
        """A mouse button went down."""

    def look(self) -> None:
        """The focus, its text or what stands around it may have changed."""


class System(Protocol):
    """One operating system."""

    @property
    def hands(self) -> Hands:
        """What types here."""

    def units(self, text: str) -> int:
        """How long a text is, in the offsets of the marks of readings."""

    def open_reader(self) -> Reader:
        """Eyes for the thread that calls this."""

    def listen(self, ears: Ears) -> Callable[[], None]:
        """Begin to tell keys, clicks and changes; returns what ends it.

        Raises:
            OSError: It may not, or cannot; the message says what to do.
        """

    def examine(self) -> tuple[Check, ...]:
        """What works here."""

    def clipboard(self) -> str:
        """The text on the clipboard."""


class HookedPlatform:
    """It is its own context, hook, inserter and ears."""

    presenter: Presenter | None = None

    def __init__(self, system: System) -> None:
        self.context: Context = self
        self.hook: Hook = self
        self.inserter: Inserter = self
        self._system = system
        self._gate: Gate | None = None
        self._watcher = Watcher(system.open_reader)
        self._stops: list[Callable[[], None]] = []

    def start(self, listener: Listener) -> None:
        """Begin; see `Platform.start`.

        Raises:
            OSError: The system does not let us; the message says what to do.
        """
        self._gate = Gate(listener, self._system.hands, self._watcher.look, self._system.units)
        self._stops = [self._system.listen(self), self._watcher.stop]
        self._watcher.start(self._gate)

    def stop(self) -> None:
        """Give everything back."""
        for stop in self._stops:
            stop()
        self._stops = []
        self._gate = None

    def key(self, key: HookedKey) -> bool:
        """See `Ears.key`."""
        gate = self._gate
        return gate is not None and gate.key(key)

    def click(self, click: Click) -> None:
        """See `Ears.click`."""
        gate = self._gate
        if gate is not None:
            gate.click(click)

    def look(self) -> None:
        """See `Ears.look`."""
        self._watcher.look()

    def refresh(self) -> None:
        """Read the focused field and its conversation again."""
        self._watcher.refresh()

    def clipboard(self) -> str:
        """The text on the clipboard, at most 64 KiB."""
        return self._system.clipboard()[:_CLIPBOARD]

    def arm(self, chords: AbstractSet[Chord]) -> None:
        """Ask about these chords."""
        if self._gate is not None:
            self._gate.arm(chords)

    def edit(self, edit: Insertion | Removal) -> None:
        """Edit without a chord."""
        self._watcher.edit(edit)

    def examine(self) -> tuple[Check, ...]:
        """What works here."""
        return self._system.examine()

    def composited(self) -> bool:
        """Both systems always compose their windows."""
        return True

    def place(self, field: Field) -> Placement | None:
        """Where the ghost goes."""
        return place(field)


_CLIPBOARD = 1 << 16


def started(run: Callable[[Callable[[str], None]], None], name: str) -> threading.Thread:
    """A thread that has told by now how its beginning went.

    `run` calls what it is given once it listens, with "" or with what went wrong.

    Raises:
        OSError: It said that something went wrong, or nothing within two seconds.
    """
    told = threading.Event()
    trouble = ["it does not answer"]

    def tell(words: str) -> None:
        trouble[0] = words
        told.set()

    thread = threading.Thread(target=run, args=(tell,), name=name, daemon=True)
    thread.start()
    told.wait(_BEGIN_S)
    if trouble[0]:
        raise OSError(trouble[0])
    return thread


_BEGIN_S = 2.0
