"""Which key means what, here."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ui.core.hotkeys import parse_optional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.core.rules import Behaviour
    from ui.core.settings import Keys
    from ui.platform.interface import Chord


class Wish(Enum):
    """What a key asks for."""

    ACCEPT_WORD = auto()
    ACCEPT_ALL = auto()
    NEXT = auto()
    DISMISS = auto()
    ASK_NOW = auto()
    PAUSE = auto()
    READ_CLIPBOARD = auto()


@lru_cache(maxsize=64)
def wishes(keys: Keys, behaviour: Behaviour) -> Mapping[Chord, Wish]:
    """The keys of the settings, as the rules for this place change them; the first meaning wins."""
    named = {
        Wish.PAUSE: keys.pause,
        Wish.DISMISS: keys.dismiss,
        Wish.ACCEPT_WORD: _first(behaviour.accept_word, keys.accept_word),
        Wish.ACCEPT_ALL: _first(behaviour.accept_all, keys.accept_all),
        Wish.NEXT: keys.next_candidate,
        Wish.ASK_NOW: keys.ask_now,
        Wish.READ_CLIPBOARD: keys.read_clipboard,
    }
    found: dict[Chord, Wish] = {}
    for wish, text in named.items():
        chord = parse_optional(text)
        if chord is not None:
            found.setdefault(chord, wish)
    return MappingProxyType(found)


def wanted_wishes(*, served: bool, shown: bool, more: bool, rest: bool) -> set[Wish]:
    """What can be wished for.

    `served`: suggestions come here; `shown`: one shows; `more`: there are further ones; `rest`: one
    is just being taken, and some of it is left.
    """
    wanted = {Wish.PAUSE}
    if served:
        wanted |= {Wish.ASK_NOW, Wish.READ_CLIPBOARD}
        wanted |= {Wish.ACCEPT_WORD, Wish.ACCEPT_ALL} if shown or rest else set()
        wanted |= {Wish.DISMISS} if shown else set()
        wanted |= {Wish.NEXT} if more else set()
    return wanted


def _first(rule: str | None, setting: str) -> str:
    return setting if rule is None else rule
