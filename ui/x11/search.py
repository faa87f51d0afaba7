"""Finds objects in a tree by their states, level by level."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ui.x11 import atspi, toolkits
from ui.x11.atspi import StateBit
from ui.x11.bus import Call, Ref, first, getting, value

if TYPE_CHECKING:
    from ui.x11.bus import Bus

_NODES = 4000
_SECONDS = 0.4
_PER_NODE = 200


def focused_below(bus: Bus, top: Ref) -> Ref | None:
    """The object that has the focus; the deepest where several say so, best one to type into.

    Raises:
        ConnectionError: The bus is gone.
    """
    end, seen = time.monotonic() + _SECONDS, 0
    found: Ref | None = None
    typed_into: Ref | None = None
    shown = _shown(bus, top)
    level = [top]
    while level and seen < _NODES and time.monotonic() < end:
        seen += len(level)
        answers = bus.ask(
            [
                question
                for node in level
                for question in (
                    Call(node, atspi.ACCESSIBLE, "GetState"),
                    Call(node, atspi.ACCESSIBLE, "GetChildren"),
                )
            ]
        )
        following: list[Ref] = []
        for index, node in enumerate(level):
            states, children = first(answers[2 * index], ()), first(answers[2 * index + 1], ())
            if atspi.has(states, StateBit.FOCUSED) and atspi.has(states, shown):
                found = node
                if atspi.has(states, StateBit.EDITABLE):
                    typed_into = node
            if node == top or atspi.has(states, shown):
                refs = (atspi.ref(pair) for pair in children[:_PER_NODE])
                following += [ref for ref in refs if ref is not None]
        level = following
    return typed_into or found


def _shown(bus: Bus, top: Ref) -> StateBit:
    """What the objects of an app say of themselves that can be seen."""
    app = Ref(top.owner, atspi.ROOT_PATH)
    name = value(bus.one(getting(app, atspi.APPLICATION, "ToolkitName")), "")
    return toolkits.traits(str(name)).shown
