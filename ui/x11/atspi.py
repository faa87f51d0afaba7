"""AT-SPI: the names, numbers and questions of the accessibility bus, and its switch."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from ui.x11.bus import PROPERTIES, Bus, Call, Ref, first, getting, value

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCESSIBLE = "org.a11y.atspi.Accessible"
APPLICATION = "org.a11y.atspi.Application"
TEXT = "org.a11y.atspi.Text"
EDITABLE = "org.a11y.atspi.EditableText"
COMPONENT = "org.a11y.atspi.Component"
DOCUMENT = "org.a11y.atspi.Document"
HYPERTEXT = "org.a11y.atspi.Hypertext"
HYPERLINK = "org.a11y.atspi.Hyperlink"

ROOT_PATH = "/org/a11y/atspi/accessible/root"
REGISTRY = Ref("org.a11y.atspi.Registry", "/org/a11y/atspi/registry")
DESKTOP = Ref("org.a11y.atspi.Registry", ROOT_PATH)
LAUNCHER = Ref("org.a11y.Bus", "/org/a11y/bus")


class StateBit(IntEnum):
    """AtspiStateType, as far as we ask for it."""

    ACTIVE = 1
    EDITABLE = 7
    FOCUSED = 12
    MULTI_LINE = 17
    SHOWING = 25
    VISIBLE = 30


def has(states: Sequence[int], bit: StateBit) -> bool:
    """Whether a state is set in the two words of GetState."""
    word, within = divmod(int(bit), 32)
    return word < len(states) and bool(states[word] >> within & 1)


def ref(pair: Sequence[str]) -> Ref | None:
    """The object that a reply names; None for the null object."""
    return None if not pair[1] or pair[1].endswith("/null") else Ref(pair[0], pair[1])


def text_call(node: Ref, start: int, end: int) -> Call:
    """The question for a stretch of text; an end of -1 is the text's end."""
    return Call(node, TEXT, "GetText", "ii", (start, end))


def extents_call(node: Ref) -> Call:
    """The question for an object's rectangle on the screen."""
    return Call(node, COMPONENT, "GetExtents", "u", (0,))


def character_call(node: Ref, offset: int) -> Call:
    """The question for a character's rectangle on the screen."""
    return Call(node, TEXT, "GetCharacterExtents", "iu", (offset, 0))


def address(session: Bus) -> str:
    """Where the accessibility bus listens (it is started when it does not run).

    Raises:
        ConnectionError: There is none, or the session bus is gone.
    """
    answer = session.one(Call(LAUNCHER, "org.a11y.Bus", "GetAddress"), timeout=5.0)
    found = first(answer, "")
    if not found:
        raise ConnectionError("there is no accessibility bus: install at-spi2-core")
    return str(found)


def enabled(session: Bus) -> bool:
    """Whether apps are told to offer their text."""
    return bool(value(session.one(getting(LAUNCHER, "org.a11y.Status", "IsEnabled"), timeout=2.0)))


def enable(session: Bus) -> None:
    """Tell the apps to offer their text; browsers look at this when they start."""
    body = ("org.a11y.Status", "IsEnabled", ("b", True))
    session.one(Call(LAUNCHER, PROPERTIES, "Set", "ssv", body), timeout=2.0)


def is_active(bus: Bus, top: Ref) -> bool:
    """Whether a window has the focus.

    Raises:
        ConnectionError: The bus is gone.
    """
    return has(first(bus.one(Call(top, ACCESSIBLE, "GetState")), ()), StateBit.ACTIVE)


def is_focused(bus: Bus, node: Ref) -> bool:
    """Whether an object says that it has the focus within its window.

    Raises:
        ConnectionError: The bus is gone.
    """
    return has(first(bus.one(Call(node, ACCESSIBLE, "GetState")), ()), StateBit.FOCUSED)


def active_window(bus: Bus) -> Ref | None:
    """The window that has the focus, among all apps.

    Raises:
        ConnectionError: The bus is gone.
    """
    apps = [ref(pair) for pair in first(bus.one(Call(DESKTOP, ACCESSIBLE, "GetChildren")), ())]
    known = [app for app in apps if app is not None]
    children = bus.ask([Call(app, ACCESSIBLE, "GetChildren") for app in known])
    tops = [top for answer in children for pair in first(answer, ()) if (top := ref(pair))]
    states = bus.ask([Call(top, ACCESSIBLE, "GetState") for top in tops])
    for top, answer in zip(tops, states, strict=True):
        if has(first(answer, ()), StateBit.ACTIVE):
            return top
    return None
