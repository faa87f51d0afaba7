"""What a key press is, and what it does to a text: the same on every platform.

Keys are known by X's symbols, which have a number for every key and every character.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ui.platform.interface import KeyKind
from ui.platform.ledger import UNKNOWN, Effect

BACKSPACE, TAB, RETURN, ESCAPE, DELETE = 0xFF08, 0xFF09, 0xFF0D, 0xFF1B, 0xFFFF
LEFT, RIGHT = 0xFF51, 0xFF53

_ERASING = frozenset({BACKSPACE, DELETE, 0xFF9F})  # KP_Delete
_ENTERING = frozenset({RETURN, 0xFF8D})  # KP_Enter
_TABS = frozenset({TAB, 0xFE20, 0xFF89})  # ISO_Left_Tab, KP_Tab
_MOVING = frozenset({*range(0xFF50, 0xFF59), *range(0xFF95, 0xFF9D)})  # arrows, Home, Page_Up, ...
_KINDS: dict[int, KeyKind] = (
    dict.fromkeys(_ERASING, KeyKind.ERASE)
    | dict.fromkeys(_ENTERING, KeyKind.ENTER)
    | dict.fromkeys(_TABS, KeyKind.TAB)
    | dict.fromkeys(_MOVING, KeyKind.MOVE)
    | {ESCAPE: KeyKind.ESCAPE}
)
_PLAIN_EFFECTS = {
    LEFT: Effect(moves=-1),
    RIGHT: Effect(moves=1),
    BACKSPACE: Effect(moves=-1, grows=-1),
    DELETE: Effect(grows=-1),
    TAB: Effect(moves=1, grows=1),  # where it does something else, the focus or a pause tells
}

SIGN_NAMES = {
    " ": "space", "!": "exclam", '"': "quotedbl", "#": "numbersign", "$": "dollar",
    "%": "percent", "&": "ampersand", "'": "apostrophe", "(": "parenleft", ")": "parenright",
    "*": "asterisk", "+": "plus", ",": "comma", "-": "minus", ".": "period", "/": "slash",
    ":": "colon", ";": "semicolon", "<": "less", "=": "equal", ">": "greater", "?": "question",
    "@": "at", "[": "bracketleft", "\\": "backslash", "]": "bracketright", "^": "asciicircum",
    "_": "underscore", "`": "grave", "{": "braceleft", "|": "bar", "}": "braceright",
    "~": "asciitilde",
}  # fmt: skip
"""What the keys of these signs are called in chords."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """What one key press is; `text` is what it types, "" when it types nothing (yet)."""

    kind: KeyKind
    text: str
    symbol: int


def kind_of(symbol: int, text: str, *, commanding: bool) -> KeyKind:
    """What a key may do to a field; `commanding`: with Control, Alt or Super held down."""
    if symbol in _KINDS:
        return _KINDS[symbol]
    if commanding:
        return KeyKind.SHORTCUT
    return KeyKind.TEXT if text and text.isprintable() else KeyKind.OTHER


def effect_of(stroke: Stroke, *, plain: bool) -> Effect:
    """What a key does to the caret and to the text's length; `plain`: without any modifier."""
    if stroke.kind is KeyKind.TEXT:
        return Effect(moves=len(stroke.text), grows=len(stroke.text))
    if stroke.kind is KeyKind.COMPOSE:
        return Effect()
    return _PLAIN_EFFECTS.get(stroke.symbol, UNKNOWN) if plain else UNKNOWN


def key_name(sign: str) -> str:
    """What chords call the key that types this character alone; "" for what is no sign at all."""
    if sign in SIGN_NAMES:
        return SIGN_NAMES[sign]
    if unicodedata.category(sign)[0] not in "LNPS":
        return ""
    return sign.lower() if sign.isascii() else f"U{ord(sign.lower()[0]):04X}"
