"""What toolkits do differently on the accessibility bus, as data.

A new toolkit, or one app that needs its own treatment, is a line here; the code asks the traits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ui.platform.interface import Toolkit, Way
from ui.x11.atspi import StateBit

if TYPE_CHECKING:
    from collections.abc import Callable


def characters(text: str) -> int:
    """Length in code points."""
    return len(text)


def utf16_units(text: str) -> int:
    """Length in UTF-16 units: an emoji counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf8_bytes(text: str) -> int:
    """Length in UTF-8 bytes."""
    return len(text.encode())


@dataclass(frozen=True, slots=True)
class Traits:
    """How apps of one toolkit read and write."""

    toolkit: Toolkit
    ways: tuple[Way, ...]
    """Ways to insert that work, best first."""
    offsets: Callable[[str], int] = characters
    """How long a text is in the offsets of the Text interface."""
    insert_length: Callable[[str], int] = characters
    """What InsertText wants to be told as the length of a text."""
    lazy_tree: bool = False
    """The tree is built when somebody asks for it (`Scene.wake`)."""
    tells_lists: bool = True
    """A list that gets another entry says so."""
    shown: StateBit = StateBit.SHOWING
    """What an object says of itself that can be seen."""
    in_window: bool = False
    """Rectangles are told from the corner of the window, not of the screen."""


QT = Traits(
    Toolkit.QT, (Way.TEXT, Way.TYPE, Way.PASTE),
    offsets=utf16_units, insert_length=utf16_units, tells_lists=False,
)  # fmt: skip
GTK = Traits(Toolkit.GTK, (Way.TEXT, Way.TYPE, Way.PASTE), insert_length=utf8_bytes)
GTK4 = replace(GTK, shown=StateBit.VISIBLE, in_window=True)
CHROMIUM = Traits(Toolkit.CHROMIUM, (Way.TYPE, Way.PASTE), offsets=utf16_units, lazy_tree=True)
GECKO = Traits(Toolkit.GECKO, (Way.TYPE, Way.PASTE), offsets=utf16_units)
OTHER = Traits(Toolkit.UNKNOWN, (Way.TYPE,))

_BY_NAME = {"qt": QT, "gtk": GTK, "chromium": CHROMIUM, "electron": CHROMIUM, "gecko": GECKO}


def traits(name: str) -> Traits:
    """The traits of a toolkit by the name that an app gives for it."""
    return GTK4 if name == "GTK" else _BY_NAME.get(name.lower(), OTHER)  # GTK 3 says "gtk"
