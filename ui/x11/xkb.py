"""What a raw key types, by libxkbcommon: groups, AltGr, CapsLock, dead keys and compose sequences.

The text of a key is told only where the caller asks for it; nothing is kept but the state of an
unfinished compose sequence.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_int32, c_size_t, c_uint16, c_uint32, c_void_p
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ui.platform.interface import KeyKind
from ui.platform.strokes import Stroke, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNATURES: dict[str, tuple[str, Any, list[Any]]] = {
    "xcb_connect": ("xcb", c_void_p, [c_char_p, c_void_p]),
    "xcb_connection_has_error": ("xcb", c_int, [c_void_p]),
    "xcb_disconnect": ("xcb", None, [c_void_p]),
    "xkb_context_new": ("xkb", c_void_p, [c_int]),
    "xkb_context_unref": ("xkb", None, [c_void_p]),
    "xkb_keymap_unref": ("xkb", None, [c_void_p]),
    "xkb_keymap_min_keycode": ("xkb", c_uint32, [c_void_p]),
    "xkb_keymap_max_keycode": ("xkb", c_uint32, [c_void_p]),
    "xkb_keymap_num_layouts_for_key": ("xkb", c_uint32, [c_void_p, c_uint32]),
    "xkb_keymap_key_get_syms_by_level": (
        "xkb", c_int, [c_void_p, c_uint32, c_uint32, c_uint32, POINTER(POINTER(c_uint32))],
    ),
    "xkb_state_new": ("xkb", c_void_p, [c_void_p]),
    "xkb_state_unref": ("xkb", None, [c_void_p]),
    "xkb_state_update_mask": ("xkb", c_int, [c_void_p, *[c_uint32] * 6]),
    "xkb_state_key_get_one_sym": ("xkb", c_uint32, [c_void_p, c_uint32]),
    "xkb_state_key_get_utf8": ("xkb", c_int, [c_void_p, c_uint32, c_char_p, c_size_t]),
    "xkb_compose_table_new_from_locale": ("xkb", c_void_p, [c_void_p, c_char_p, c_int]),
    "xkb_compose_table_unref": ("xkb", None, [c_void_p]),
    "xkb_compose_state_new": ("xkb", c_void_p, [c_void_p, c_int]),
    "xkb_compose_state_unref": ("xkb", None, [c_void_p]),
    "xkb_compose_state_feed": ("xkb", c_int, [c_void_p, c_uint32]),
    "xkb_compose_state_get_status": ("xkb", c_int, [c_void_p]),
    "xkb_compose_state_get_utf8": ("xkb", c_int, [c_void_p, c_char_p, c_size_t]),
    "xkb_compose_state_reset": ("xkb", None, [c_void_p]),
    "xkb_x11_setup_xkb_extension": (
        "x11", c_int, [c_void_p, c_uint16, c_uint16, c_int, *[c_void_p] * 4],
    ),
    "xkb_x11_get_core_keyboard_device_id": ("x11", c_int32, [c_void_p]),
    "xkb_x11_keymap_new_from_device": ("x11", c_void_p, [c_void_p, c_void_p, c_int32, c_int]),
}  # fmt: skip
_LIBRARIES = {"xcb": "libxcb.so.1", "xkb": "libxkbcommon.so.0", "x11": "libxkbcommon-x11.so.0"}

CONTROL, MOD1, MOD4 = 1 << 2, 1 << 3, 1 << 6
_GROUP_SHIFT = 13
_LONGEST = 64


class _Compose(IntEnum):
    NOTHING = 0
    COMPOSING = 1
    COMPOSED = 2
    CANCELLED = 3


class Decoder:
    """Follows one keyboard; used by one thread. `reload` after the layout changed.

    Raises:
        OSError: libxkbcommon or the display's XKB extension is missing.
    """

    def __init__(self, display: str) -> None:
        self._call = _functions()
        self._connection = self._call["xcb_connect"](display.encode(), None)
        if self._call["xcb_connection_has_error"](self._connection):
            raise OSError(f"no X display answers at {display!r}")
        setup = self._call["xkb_x11_setup_xkb_extension"]
        if not setup(self._connection, 1, 0, 0, None, None, None, None):
            raise OSError("the X server has no XKB extension")
        self._context = self._call["xkb_context_new"](0)
        self._keymap: int | None = None
        self._state: int | None = None
        self._compose = self._new_compose()
        self.reload()

    def close(self) -> None:
        """Give the libraries their memory back."""
        self._drop_keymap()
        if self._compose:
            self._call["xkb_compose_state_unref"](self._compose)
        self._call["xkb_context_unref"](self._context)
        self._call["xcb_disconnect"](self._connection)

    def reload(self) -> None:
        """Take the keyboard's present layout."""
        device = self._call["xkb_x11_get_core_keyboard_device_id"](self._connection)
        load = self._call["xkb_x11_keymap_new_from_device"]
        keymap = load(self._context, self._connection, device, 0)
        if not keymap:
            raise OSError("the keyboard's layout cannot be read")
        self._drop_keymap()
        self._keymap, self._state = keymap, self._call["xkb_state_new"](keymap)

    def reset(self) -> None:
        """Forget a half-finished compose sequence."""
        if self._compose:
            self._call["xkb_compose_state_reset"](self._compose)

    @property
    def composing(self) -> bool:
        """A dead key or the compose key waits for the next."""
        if not self._compose:
            return False
        return bool(self._call["xkb_compose_state_get_status"](self._compose) == _Compose.COMPOSING)

    def press(self, keycode: int, modifiers: int) -> Stroke | None:
        """What a press is under the modifiers and group of its event; None for a modifier."""
        group = modifiers >> _GROUP_SHIFT & 3
        self._call["xkb_state_update_mask"](self._state, modifiers & 0xFF, 0, 0, 0, 0, group)
        symbol = int(self._call["xkb_state_key_get_one_sym"](self._state, keycode))
        if is_modifier(symbol):
            return None
        status = self._feed(symbol)
        if status in {_Compose.COMPOSING, _Compose.CANCELLED}:
            return Stroke(KeyKind.COMPOSE, "", symbol)
        source = self._compose if status == _Compose.COMPOSED else None
        text = self._text(source, keycode)
        commanding = bool(modifiers & (CONTROL | MOD1 | MOD4))
        kind = kind_of(symbol, text, commanding=commanding)
        return Stroke(kind, text if kind is KeyKind.TEXT else "", symbol)

    def typed_by(self, group: int) -> dict[int, tuple[int, bool]]:
        """Which key (and whether with Shift) gives a symbol in this group: symbol → key."""
        found: dict[int, tuple[int, bool]] = {}
        first = self._call["xkb_keymap_min_keycode"](self._keymap)
        last = self._call["xkb_keymap_max_keycode"](self._keymap)
        for shift in (False, True):
            for keycode in range(first, last + 1):
                layouts = self._call["xkb_keymap_num_layouts_for_key"](self._keymap, keycode)
                if layouts and (symbol := self._symbol(keycode, group % layouts, int(shift))):
                    found.setdefault(symbol, (keycode, shift))
        return found

    def _symbol(self, keycode: int, layout: int, level: int) -> int:
        symbols = POINTER(c_uint32)()
        lookup = self._call["xkb_keymap_key_get_syms_by_level"]
        count = lookup(self._keymap, keycode, layout, level, ctypes.byref(symbols))
        return int(symbols[0]) if count == 1 else 0

    def _feed(self, symbol: int) -> int:
        """The state of the compose sequence after this key."""
        if not self._compose or not self._call["xkb_compose_state_feed"](self._compose, symbol):
            return _Compose.NOTHING
        return int(self._call["xkb_compose_state_get_status"](self._compose))

    def _text(self, composed: int | None, keycode: int) -> str:
        buffer = ctypes.create_string_buffer(_LONGEST)
        if composed:
            self._call["xkb_compose_state_get_utf8"](composed, buffer, _LONGEST)
        else:
            self._call["xkb_state_key_get_utf8"](self._state, keycode, buffer, _LONGEST)
        return buffer.value.decode(errors="ignore")

    def _new_compose(self) -> int | None:
        """The compose sequences of the user's language, else those of English."""
        names = [os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")]
        for name in [*filter(None, names), "en_US.UTF-8"]:
            make = self._call["xkb_compose_table_new_from_locale"]
            table = make(self._context, name.encode(), 0)
            if table:
                state = self._call["xkb_compose_state_new"](table, 0)
                self._call["xkb_compose_table_unref"](table)
                return int(state)
        return None

    def _drop_keymap(self) -> None:
        if self._keymap:
            self._call["xkb_state_unref"](self._state)
            self._call["xkb_keymap_unref"](self._keymap)


def is_modifier(symbol: int) -> bool:
    """Whether a symbol is a modifier's, a lock's or a layout switch's."""
    shifts = 0xFFE1 <= symbol <= 0xFFEE or 0xFE01 <= symbol <= 0xFE13
    return shifts or symbol in {0xFF7E, 0xFF7F, 0xFF14}  # Mode_switch, Num_Lock, Scroll_Lock


def _functions() -> dict[str, Callable[..., Any]]:
    """The libraries' functions, with their types.

    Raises:
        OSError: A library is missing.
    """
    libraries = {}
    for short, name in _LIBRARIES.items():
        try:
            libraries[short] = ctypes.CDLL(name)
        except OSError as error:
            raise OSError(f"{name} is missing: install libxkbcommon-x11-0") from error
    functions: dict[str, Callable[..., Any]] = {}
    for name, (library, result, arguments) in _SIGNATURES.items():
        function = getattr(libraries[library], name)
        function.restype, function.argtypes = result, arguments
        functions[name] = function
    return functions
