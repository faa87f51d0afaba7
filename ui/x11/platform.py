"""X11 as a `Platform`: puts the threads together."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ui.platform.interface import Reading
from ui.platform.placing import below_window, place
from ui.x11 import clipboard, fields
from ui.x11.bus import Bus
from ui.x11.checks import Experience, findings
from ui.x11.desk import PATIENCE_S, Desk, Remapped, WantedEdit
from ui.x11.echoes import Echoes
from ui.x11.eyes import Eyes, Hung
from ui.x11.hands import Edited, Hands, Lost, Refused
from ui.x11.keyboard import listen
from ui.x11.reader import ConversationReader
from ui.x11.windows import DesktopWatch, Windows
from ui.x11.xkb import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from quicktype.doctor.check import Check
    from ui.platform.interface import (
        App,
        Chord,
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
    from ui.x11.eyes import Seen


class X11Platform:
    """One X display with its session bus. It is its own context, hook and inserter."""

    presenter: Presenter | None = None

    def __init__(self, patience: float = PATIENCE_S) -> None:
        """`patience`: the longest that a chord may wait for what was typed before it, in seconds.

        The keyboard stands still meanwhile.
        """
        self._patience = patience
        self.context: Context = self
        self.hook: Hook = self
        self.inserter: Inserter = self
        self._display = os.environ.get("DISPLAY", "")
        self._desk: Desk | None = None
        self._hands_bus: Bus | None = None
        self._experience = Experience()
        self._examining = threading.Lock()
        self._stops: list[Callable[[], object]] = []

    def start(self, listener: Listener) -> None:
        """Begin; see `Platform.start`.

        Raises:
            OSError: No display answers.
        """
        if not self._display:
            raise OSError("there is no X display: DISPLAY is not set")
        echoes = Echoes()
        decoder = Decoder(self._display)
        self._windows = Windows(self._display)
        self._hands = Hands(self._display, echoes, self._bus_for_hands, self._post, self._remapped)
        self._desk = Desk(listener, self._hands, decoder, echoes, self, self._patience)
        self._reader = ConversationReader(lambda: self._eyes.address, self._desk.tell_conversation)
        self._eyes = Eyes(self._post, self._allowed, lambda: self._hands.holding, self._reader.stir)
        self._desk.start()
        self._reader.start()
        self._hands.start()
        self._eyes.start()
        stop_listening = listen(self._post)
        watch = DesktopWatch(self._display, self._eyes.search, self._hands.remap, self._post)
        self._stops = [
            watch.stop, stop_listening, self._eyes.stop, self._reader.stop, self._hands.stop,
            self._desk.stop,
            decoder.close, self._windows.close,
        ]  # fmt: skip

    def stop(self) -> None:
        """Give everything back."""
        for stop in self._stops:
            stop()
        self._stops = []
        if self._hands_bus is not None:
            self._hands_bus.close()

    def refresh(self) -> None:
        """Read the focused field and its conversation again."""
        self._eyes.look()
        self._reader.refresh()

    def clipboard(self) -> str:
        """The text on the clipboard."""
        return clipboard.read(self._display)

    def arm(self, chords: AbstractSet[Chord]) -> None:
        """Ask about these chords."""
        if self._desk is not None:
            self._desk.arm(chords)

    def edit(self, edit: Insertion | Removal) -> None:
        """Edit without a chord."""
        self._post(WantedEdit(edit))

    def examine(self) -> tuple[Check, ...]:
        """What works here."""
        seen = self._desk.seen if self._desk is not None else None
        turns = self._reader.turns if seen is not None else None
        return findings(self._display, replace(self._experience, seen=seen, turns=turns))

    def composited(self) -> bool:
        """Whether a compositor runs."""
        return self._windows.composited()

    def place(self, field: Field) -> Placement | None:
        """Where the ghost goes."""
        if field.from_keys:
            return below_window(self._windows.rectangle(field.window))
        return place(field)

    # What the desk asks of the rest.

    def look(self) -> None:
        """Read the focused field again."""
        self._eyes.look()

    def follow(self, seen: Seen | None) -> None:
        """Read the conversation around this field; None: none has the focus."""
        self._reader.follow(seen)

    def elsewhere(self) -> Field | None:
        """The active window, with its rectangle as the box."""
        found = self._windows.active()
        if found is None:
            return None
        return replace(fields.unknown_field(*found, 0), box=self._windows.rectangle(found[1]))

    def troubled(self, news: object) -> None:
        """Something stopped working, or works again: say so, off the desk."""
        known = self._experience
        match news:
            case Refused():
                known = replace(known, refused=news.chords)
            case Lost():
                known = replace(known, lost=True)
            case Hung():
                known = replace(known, hung=news.app)
            case Edited():
                known = replace(known, trouble=news.trouble)
        self._experience = known
        threading.Thread(target=self._tell_findings, name="quicktype-checks", daemon=True).start()

    def _allowed(self, app: App, site: str) -> Reading:
        """How much may be read: nothing of Wayland's own windows, whose keys nobody sees."""
        theirs = os.environ.get("WAYLAND_DISPLAY") and self._windows.active() is None
        if theirs or self._desk is None:
            return Reading.NOTHING
        return self._desk.allowed(app, site)

    def _post(self, news: object) -> None:
        if self._desk is not None:
            self._desk.post(news)

    def _remapped(self) -> None:
        self._post(Remapped())

    def _bus_for_hands(self) -> Bus | None:
        """A connection of the hands' own, so that they never wait for the eyes."""
        if self._hands_bus is not None and self._hands_bus.broken:
            self._hands_bus.close()
            self._hands_bus = None
        if self._hands_bus is None and self._eyes.address:
            self._hands_bus = Bus(self._eyes.address)
        return self._hands_bus

    def _tell_findings(self) -> None:
        with self._examining:  # whoever comes last tells the newest
            found = self.examine()
            if self._desk is not None:
                self._desk.tell_findings(found)
