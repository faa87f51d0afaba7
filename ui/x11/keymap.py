"""Which key types a character: the layout's own keys, else spare ones that are lent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from Xlib.display import Display

    from ui.x11.xkb import Decoder

Stroke = tuple[int, bool]
"""A keycode, and whether it takes Shift."""


def symbol_of(character: str) -> int:
    """The keysym of a character: Latin-1 stands for itself, the rest has a range of its own."""
    number = ord(character)
    return number if 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF else 0x1000000 | number


class Keymap:
    """Finds keys for characters; used by the thread that owns the connection.

    Spare keys stay lent after the text was typed: an app may look at the map much later than it
    gets the key. The one that was not used for longest is lent anew when they run out.
    """

    def __init__(self, display: Display, decoder: Decoder) -> None:
        self._display, self._decoder = display, decoder
        self._lent: dict[int, int] = {}
        self._spare: list[int] = []
        self._known: dict[int, dict[int, Stroke]] = {}
        self.refresh()

    @property
    def own_keycodes(self) -> frozenset[int]:
        """The keys that we change ourselves."""
        return frozenset([*self._spare, *self._lent.values()])

    def refresh(self) -> None:
        """Look again, after somebody else changed the map: nothing is lent any more."""
        self._decoder.reload()
        self._known = {}
        info = self._display.display.info
        first, count = info.min_keycode, info.max_keycode - info.min_keycode + 1
        table = self._display.get_keyboard_mapping(first, count)
        self._lent = {}
        self._spare = [first + index for index, symbols in enumerate(table) if not any(symbols)]

    def strokes(self, text: str, group: int) -> list[Stroke] | None:
        """A key for each character under this group; None when there are not enough spare keys."""
        layout = self._layout(group)
        missing = [
            symbol
            for symbol in dict.fromkeys(map(symbol_of, text))
            if symbol not in layout and symbol not in self._lent
        ]
        needed = {symbol_of(character) for character in text}
        if not self._lend(missing, needed):
            return None
        found = []
        for character in text:
            symbol = symbol_of(character)
            own = layout.get(symbol)
            found.append(own or (self._lent[symbol], False))
        return found

    def give_back(self) -> None:
        """Leave the map as it was found."""
        for keycode in self._lent.values():
            self._display.change_keyboard_mapping(keycode, [[0, 0]])
        self._display.sync()
        self._spare += self._lent.values()
        self._lent = {}

    def _layout(self, group: int) -> dict[int, Stroke]:
        if group not in self._known:
            self._known[group] = self._decoder.typed_by(group)
        return self._known[group]

    def _lend(self, symbols: Sequence[int], needed: set[int]) -> bool:
        """Put each symbol on a spare key."""
        idle = [symbol for symbol in self._lent if symbol not in needed]
        if len(symbols) > len(self._spare) + len(idle):
            return False
        for symbol in symbols:
            keycode = self._spare.pop() if self._spare else self._lent.pop(idle.pop(0))
            self._lent[symbol] = keycode
            self._display.change_keyboard_mapping(keycode, [[symbol, symbol]])
        if symbols:
            self._display.sync()
        return True
