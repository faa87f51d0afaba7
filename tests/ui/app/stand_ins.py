"""A platform that a test plays, and one that it watches."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from quicktype.doctor.check import Check, State
from ui.platform.interface import (
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


class FakePlatform:
    """Remembers what it was told to do; a test calls its listener."""

    def __init__(self) -> None:
        self.context: Context = self
        self.hook: Hook = self
        self.inserter: Inserter = self
        self.presenter: Presenter | None = None
        self.listener: Listener | None = None
        self.armed: AbstractSet[Chord] = frozenset()
        self.refreshed = 0
        self.edits: list[Insertion | Removal] = []
        self.clip = ""
        self.findings: tuple[Check, ...] = (Check("text", State.OK, "told by the app"),)
        self.placement: Placement | None = None
        self.has_compositor = True

    def start(self, listener: Listener) -> None:
        self.listener = listener

    def stop(self) -> None:
        self.listener = None

    def refresh(self) -> None:
        self.refreshed += 1

    def clipboard(self) -> str:
        return self.clip

    def arm(self, chords: AbstractSet[Chord]) -> None:
        self.armed = chords

    def edit(self, edit: Insertion | Removal) -> None:
        self.edits.append(edit)

    def examine(self) -> tuple[Check, ...]:
        return self.findings

    def composited(self) -> bool:
        return self.has_compositor

    def place(self, field: Field) -> Placement | None:
        return self.placement


@dataclass
class FakePresenter:
    """Remembers what shows."""

    text: str = ""
    others: tuple[str, ...] = ()

    def show(self, field: Field, text: str, others: tuple[str, ...]) -> None:
        self.text, self.others = text, others

    def hide(self) -> None:
        self.text, self.others = "", ()
