"""What keys are on macOS: virtual key codes to X's names, flags to modifiers.

A chord's key is known by its place on an American keyboard, whatever the layout: asking for the
layout is for the main thread only, and a hook is not on it. Codes are those of HIToolbox/Events.h,
flags those of CGEventTypes.h. Never run on macOS.
"""

from __future__ import annotations

from ui.platform.interface import KeyKind, Modifier
from ui.platform.strokes import (
    BACKSPACE,
    DELETE,
    ESCAPE,
    LEFT,
    RETURN,
    RIGHT,
    TAB,
    Stroke,
    key_name,
    kind_of,
)

KEY_DELETE = 51
"""What deletes to the left: Backspace elsewhere."""
_NAMED = {
    KEY_DELETE: ("BackSpace", BACKSPACE), 48: ("Tab", TAB), 36: ("Return", RETURN),
    76: ("KP_Enter", 0xFF8D), 53: ("Escape", ESCAPE), 117: ("Delete", DELETE),
    115: ("Home", 0xFF50), 119: ("End", 0xFF57), 116: ("Prior", 0xFF55), 121: ("Next", 0xFF56),
    123: ("Left", LEFT), 124: ("Right", RIGHT), 125: ("Down", 0xFF54), 126: ("Up", 0xFF52),
} | {
    code: (f"F{n + 1}", 0xFFBE + n)
    for n, code in enumerate(
        (122, 120, 99, 118, 96, 97, 98, 100, 101, 109, 103, 111, 105, 107, 113, 106, 64, 79, 80, 90)
    )
}  # fmt: skip
_AMERICAN = dict(
    zip(
        (*range(10), *range(11, 36), *range(37, 48), 49, 50),
        "asdfhgzxcvbqweryt123465=97-80]ou[iplj'k;\\,/nm. `",
        strict=True,
    )
)  # fmt: skip
_FLAGS = {
    Modifier.SHIFT: 1 << 17, Modifier.CONTROL: 1 << 18, Modifier.ALT: 1 << 19,
    Modifier.SUPER: 1 << 20,
}  # fmt: skip
"""kCGEventFlagMaskShift, Control, Alternate, Command."""


def modifiers_of(flags: int) -> frozenset[Modifier]:
    """The modifiers that an event's flags tell."""
    return frozenset(modifier for modifier, flag in _FLAGS.items() if flags & flag)


def name_of(code: int) -> str:
    """What chords call a key; "" for one that no chord can have."""
    if code in _NAMED:
        return _NAMED[code][0]
    return key_name(_AMERICAN[code]) if code in _AMERICAN else ""


def stroke_of(code: int, modifiers: frozenset[Modifier], text: str) -> Stroke:
    """What a press does; `text` is what the system says that it types.

    Option types signs of its own, so it commands nothing. A key that should type and types nothing
    is a dead one: the next tells what both are.
    """
    commanding = bool(modifiers & {Modifier.CONTROL, Modifier.SUPER})
    if code in _NAMED:
        symbol = _NAMED[code][1]
        commanding = commanding or Modifier.ALT in modifiers
        return Stroke(kind_of(symbol, "", commanding=commanding), "", symbol)
    if not text and not commanding and code in _AMERICAN:
        return Stroke(KeyKind.COMPOSE, "", 0)
    kind = kind_of(0, text, commanding=commanding)
    return Stroke(kind, text if kind is KeyKind.TEXT else "", 0)
