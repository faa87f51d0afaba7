"""Passive key grabs: armed chords, each with every state of the lock keys."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from Xlib import XK, X

from ui.platform.interface import Chord, Modifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from Xlib.display import Display

Key = tuple[int, int]
"""A keycode and the modifiers that must be down with it (locks left out)."""

SHIFT, LOCK, CONTROL = X.ShiftMask, X.LockMask, X.ControlMask
_NAMED_MODIFIERS = {Modifier.SHIFT: ("Shift_L",), Modifier.CONTROL: ("Control_L",)} | {
    Modifier.ALT: ("Alt_L", "Meta_L"),
    Modifier.SUPER: ("Super_L", "Super_R"),
}
_LOCKS = ("Num_Lock", "Scroll_Lock")
REAL = 0xFF
"""The modifier bits of an event's state; above them are buttons and the group."""


class Keys:
    """Where keys and modifiers lie on the present keyboard."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self.held_modifiers: frozenset[int] = frozenset()
        """Keycodes of modifiers that work while they are held down."""
        self.lock_keycodes: frozenset[int] = frozenset()
        self._masks: dict[int, int] = {}
        self.held_masks: dict[int, int] = {}
        """The modifier bit of each of `held_modifiers`."""
        self.refresh()

    def refresh(self) -> None:
        """Look again, after the keyboard's map changed."""
        self._masks = {}
        for index, row in enumerate(self._display.get_modifier_mapping()):
            for keycode in filter(None, row):
                self._masks[keycode] = self._masks.get(keycode, 0) | 1 << index
        locking = {code for code, mask in self._masks.items() if mask & self.locks}
        self.lock_keycodes = frozenset(locking)
        self.held_modifiers = frozenset(self._masks.keys() - locking)
        self.held_masks = {code: self._masks[code] for code in self.held_modifiers}

    @property
    def locks(self) -> int:
        """The modifier bits that say nothing about what is meant: CapsLock, NumLock, ScrollLock."""
        return int(LOCK) | self._mask(_LOCKS)

    def key(self, chord: Chord) -> Key | None:
        """Which key a chord is; None when this keyboard has none."""
        symbol = XK.string_to_keysym(chord.key)
        for keycode, index in self._display.keysym_to_keycodes(symbol) if symbol else ():
            if index == 0:
                return int(keycode), self._modifiers(chord.modifiers)
        return None

    def _modifiers(self, modifiers: Iterable[Modifier]) -> int:
        return sum(self._mask(_NAMED_MODIFIERS[modifier]) for modifier in modifiers)

    def _mask(self, names: Iterable[str]) -> int:
        for name in names:
            symbol = XK.string_to_keysym(name)
            for keycode, _ in self._display.keysym_to_keycodes(symbol):
                if int(keycode) in self._masks:
                    return self._masks[int(keycode)]
        return 0


class Grabs:
    """Which keys are grabbed at present; used by the thread that owns the connection."""

    def __init__(self, display: Display, keys: Keys) -> None:
        self._display, self._keys = display, keys
        self._root: Any = display.screen().root
        self._held: dict[Key, Chord] = {}
        self._wanted: dict[Key, Chord] = {}
        self._variants: tuple[int, ...] = ()
        self.refused: frozenset[Chord] = frozenset()
        """Chords that another program has, or that this keyboard does not."""

    @property
    def keycodes(self) -> frozenset[int]:
        """All keys that are grabbed with some modifiers or none."""
        return frozenset(keycode for keycode, _ in self._held)

    def chord(self, keycode: int, modifiers: int) -> Chord | None:
        """Which armed chord a press is; None for one that is held only until it is let go."""
        return self._wanted.get(self._plain(keycode, modifiers))

    def arm(
        self,
        chords: AbstractSet[Chord],
        keep: AbstractSet[int] = frozenset(),
        about_to: Callable[[set[int]], None] = lambda _keycodes: None,
    ) -> None:
        """Grab these, and let the others go, apart from the keycodes in `keep` (they are down).

        `about_to` hears of the keycodes before any is grabbed.
        """
        found = {chord: self._keys.key(chord) for chord in chords}
        self._wanted = {key: chord for chord, key in found.items() if key}
        about_to({key[0] for key in self._wanted})
        missing = {chord for chord, key in found.items() if key is None}
        kept = {key: chord for key, chord in self._held.items() if key[0] in keep}
        target = {**kept, **self._wanted}
        for key in self._held.keys() - target.keys():
            self._ungrab(key)
        denied = {key for key in target.keys() - self._held.keys() if not self._grab(key)}
        self._held = {key: chord for key, chord in target.items() if key not in denied}
        self.refused = frozenset(missing | {target[key] for key in denied})

    @contextmanager
    def suspended(self, keycodes: AbstractSet[int]) -> Iterator[None]:
        """Let go of these keys for keys of our own; no user's key may come in between."""
        ours = [key for key in self._held if key[0] in keycodes]
        for key in ours:
            self._ungrab(key)
        try:
            yield
        finally:
            for key in ours:
                self._request(key)

    def refresh(self) -> None:
        """Grab anew where the keys are now."""
        chords = frozenset(self._wanted.values()) | self.refused
        for key in self._held:
            self._ungrab(key)
        self._held = {}
        self._keys.refresh()
        self._variants = ()
        self.arm(chords)

    def _plain(self, keycode: int, modifiers: int) -> Key:
        return keycode, modifiers & REAL & ~self._keys.locks

    def _grab(self, key: Key) -> bool:
        """Grab a key in all its variants; False when another program has it."""
        errors: list[object] = []
        self._request(key, errors.append)
        self._display.sync()
        if errors:
            self._ungrab(key)
        return not errors

    def _request(self, key: Key, fail: Callable[[object], None] = lambda _error: None) -> None:
        def failed(error: object, _request: object) -> bool:
            fail(error)
            return True  # python-xlib prints it otherwise

        for variant in self._lock_variants():
            self._root.grab_key(
                key[0], key[1] | variant, False, X.GrabModeAsync, X.GrabModeSync, onerror=failed
            )

    def _ungrab(self, key: Key) -> None:
        for variant in self._lock_variants():
            self._root.ungrab_key(key[0], key[1] | variant, onerror=lambda *_: True)
        self._display.flush()

    def _lock_variants(self) -> tuple[int, ...]:
        if not self._variants:
            bits = [1 << index for index in range(8) if self._keys.locks >> index & 1]
            subsets = chain.from_iterable(combinations(bits, n) for n in range(len(bits) + 1))
            self._variants = tuple(sum(subset) for subset in subsets)
        return self._variants
