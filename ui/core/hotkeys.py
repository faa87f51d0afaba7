"""Keys with their modifiers, as people write them: ``Tab``, ``Shift+Tab``, ``Alt+]``."""

from __future__ import annotations

from ui.platform.interface import Chord, Modifier
from ui.platform.strokes import SIGN_NAMES, key_name


class HotkeyError(ValueError):
    """This is no key; the message says what one looks like."""


_NAMED = {
    "Tab": "Tab",
    "Enter": "Return",
    "Esc": "Escape",
    "Space": "space",
    "Backspace": "BackSpace",
    "Delete": "Delete",
    "Insert": "Insert",
    "Home": "Home",
    "End": "End",
    "PageUp": "Prior",
    "PageDown": "Next",
    "Left": "Left",
    "Right": "Right",
    "Up": "Up",
    "Down": "Down",
    **{f"F{number}": f"F{number}" for number in range(1, 25)},
}
_KEYS = {
    **{name.lower(): key for name, key in _NAMED.items()},
    "escape": "Escape",
    "return": "Return",
    "del": "Delete",
    "ins": "Insert",
    "pgup": "Prior",
    "pgdn": "Next",
    "pgdown": "Next",
    **{key.lower(): key for key in (*_NAMED.values(), *SIGN_NAMES.values())},
}
_SHOWN = {key: sign for sign, key in SIGN_NAMES.items()} | {
    key: name for name, key in _NAMED.items()
}
_HELD = {
    **{modifier.value.lower(): modifier for modifier in Modifier},
    "control": Modifier.CONTROL,
    "option": Modifier.ALT,
    **dict.fromkeys(("meta", "win", "cmd", "command"), Modifier.SUPER),
}
_ORDER = (Modifier.CONTROL, Modifier.ALT, Modifier.SHIFT, Modifier.SUPER)
_FREE = frozenset(_NAMED.values()) - {"Return", "space", "BackSpace", "Delete"}
"""Keys that may be taken when nothing but Shift is held: nobody types text with them."""


def parse(text: str) -> Chord:
    """The key that a person means, in any case and with the usual other names.

    Raises:
        HotkeyError: A modifier or the key is unknown.
    """
    *held, key = _parts(text.strip())
    return Chord(_key(key, text), frozenset(_modifier(name, text) for name in held))


def parse_optional(text: str) -> Chord | None:
    """The key, or None for an empty text, which means that no key does this; raises HotkeyError."""
    return parse(text) if text.strip() else None


def shown(chord: Chord) -> str:
    """The key as people know it; `parse` reads it."""
    held = [modifier.value for modifier in _ORDER if modifier in chord.modifiers]
    key = chord.key
    if key.startswith("U") and len(key) > 2:
        key = chr(int(key[1:], 16))
    name = _SHOWN.get(key, key)
    return "+".join([*held, name.upper() if len(name) == len(name.upper()) == 1 else name])


def check_takeable(text: str) -> None:
    """Raises HotkeyError for no key, and for a key that people need for typing."""
    chord = parse_optional(text)
    if chord is None or chord.modifiers - {Modifier.SHIFT} or chord.key in _FREE:
        return
    raise HotkeyError(f"{shown(chord)} is needed for typing; add Ctrl, Alt or Super to it")


def _parts(text: str) -> list[str]:
    """The names between the plus signs; the plus key itself may stand last, as in Ctrl++."""
    if text == "+":
        return ["+"]
    if text.endswith("++"):
        return [*(part.strip() for part in text[:-2].split("+")), "+"]
    return [part.strip() for part in text.split("+")]


def _modifier(name: str, text: str) -> Modifier:
    found = _HELD.get(name.lower())
    if found is None:
        raise HotkeyError(f"{text!r}: {name!r} is none of Ctrl, Alt, Shift, Super")
    return found


def _key(name: str, text: str) -> str:
    found = _KEYS.get(name.lower()) or (key_name(name) if len(name) == 1 else "")
    if found:
        return found
    raise HotkeyError(f"{text!r} is no key; write it like Tab, Shift+Tab or Alt+]")
