"""What quicktype does where: rules by app, site, toolkit and role; the user's own win.

A rule is a table of TOML. What it asks of a place stands in `app`, `site`, `toolkit` and `role`:
one pattern or a list of them, with ``*`` and ``?``, in any case; a rule that asks for several wants
all of them. What it decides stands in the other fields. `rules.toml` beside this module has those
that ship; each later rule that fits overrides the earlier ones, field by field.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ui.core.hotkeys import HotkeyError, check_takeable
from ui.platform.interface import Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Reading(StrEnum):
    """Where the draft's text comes from."""

    TEXT = "text"
    """The app's own accessible text."""
    KEYS = "keys"
    """The keys, for apps that give no text; only where the user's own rule says so."""


class Eagerness(StrEnum):
    """How sure a suggestion must be to show."""

    CAREFUL = "careful"
    NORMAL = "normal"
    EAGER = "eager"


class RuleError(ValueError):
    """A rule is not one; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody types: what rules look at. Unknown parts are empty."""

    app: str = ""
    site: str = ""
    toolkit: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is done at a place."""

    suggest: bool = True
    rule: str = ""
    """The rule that decided about `suggest`, for people."""
    learn: bool = True
    read: Reading = Reading.TEXT
    insert: Way = Way.BEST
    eagerness: Eagerness | None = None
    """None: as the settings say."""
    accept_word: str | None = None
    """Another key than the settings'; empty: none."""
    accept_all: str | None = None
    my_name: str | None = None
    """The user's name there; None: as the settings say."""


_KEYS = frozenset({"accept_word", "accept_all"})
_REMEMBERED = 256
_ANYWHERE: tuple[str, ...] = ()
_CONDITIONS = ("app", "site", "toolkit", "role")
_TYPES: dict[str, type[bool | str | Way]] = {
    "suggest": bool,
    "learn": bool,
    "read": Reading,
    "insert": Way,
    "eagerness": Eagerness,
    "accept_word": str,
    "accept_all": str,
    "my_name": str,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: patterns that must fit, and what then is decided."""

    name: str = ""
    app: tuple[str, ...] = _ANYWHERE
    site: tuple[str, ...] = _ANYWHERE
    toolkit: tuple[str, ...] = _ANYWHERE
    role: tuple[str, ...] = _ANYWHERE
    decides: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_toml(cls, table: Mapping[str, Any]) -> Rule:
        """Reads a table; raises RuleError."""
        known = {"name", *_CONDITIONS, *_TYPES}
        for key in table:
            if key not in known:
                raise RuleError(f"a rule has no {key!r}; there are {', '.join(sorted(known))}")
        conditions = {key: _patterns(key, table[key]) for key in _CONDITIONS if key in table}
        decides = {key: _decision(key, table[key]) for key in _TYPES if key in table}
        if not conditions:
            raise RuleError(f"a rule needs one of {', '.join(_CONDITIONS)}")
        if not decides:
            raise RuleError(f"a rule decides one of {', '.join(_TYPES)}")
        return cls(name=_text("name", table.get("name", "")), decides=decides, **conditions)

    def to_toml(self) -> dict[str, Any]:
        """The table that `from_toml` reads."""
        table: dict[str, Any] = {"name": self.name} if self.name else {}
        for key in _CONDITIONS:
            patterns = getattr(self, key)
            if patterns:
                table[key] = patterns[0] if len(patterns) == 1 else list(patterns)
        return table | {key: _plain(value) for key, value in self.decides.items()}

    def fits(self, place: Place) -> bool:
        """Whether the rule speaks about this place."""
        return all(
            any(fnmatchcase(getattr(place, key).lower(), pattern) for pattern in patterns)
            for key in _CONDITIONS
            if (patterns := getattr(self, key))
        )

    def title(self) -> str:
        """The rule in a word or two."""
        return self.name or ", ".join(
            pattern for key in _CONDITIONS for pattern in getattr(self, key)
        )


class Rules:
    """All rules, the shipped ones first."""

    def __init__(self, own: Iterable[Rule] = (), shipped: Iterable[Rule] | None = None) -> None:
        self._rules = (*(shipped_rules() if shipped is None else shipped), *own)
        self._known: dict[Place, Behaviour] = {}

    def behaviour(self, place: Place) -> Behaviour:
        """What the rules decide about a place; quick for one that was asked about before."""
        if place not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[place] = self._decide(place)
        return self._known[place]

    def _decide(self, place: Place) -> Behaviour:
        behaviour = Behaviour()
        for rule in self._rules:
            if rule.fits(place):
                behaviour = replace(behaviour, **rule.decides)
                if "suggest" in rule.decides:
                    behaviour = replace(behaviour, rule=rule.title())
        return behaviour


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules that come with quicktype."""
    text = resources.files("ui.core").joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(Rule.from_toml(table) for table in tomllib.loads(text)["rules"])


def _patterns(key: str, value: object) -> tuple[str, ...]:
    patterns = value if isinstance(value, list) else [value]
    texts = tuple(pattern.lower() for pattern in patterns if isinstance(pattern, str) and pattern)
    if not texts or len(texts) != len(patterns):
        raise RuleError(f"a rule's {key} is a text or a list of texts, not {value!r}")
    return texts


def _decision(key: str, value: object) -> object:
    kind = _TYPES[key]
    if kind is bool:
        if not isinstance(value, bool):
            raise RuleError(f"a rule's {key} is true or false, not {value!r}")
        return value
    text = _text(key, value)
    if kind is Way:
        return _way(text)
    if issubclass(kind, StrEnum):
        if text not in list(kind):
            raise RuleError(f"a rule's {key} is one of {', '.join(kind)}, not {text!r}")
        return kind(text)
    if key not in _KEYS:
        return text
    try:
        check_takeable(text)
    except HotkeyError as error:
        raise RuleError(f"a rule's {key}: {error}") from error
    return text


def _way(text: str) -> Way:
    ways = {way.name.lower(): way for way in Way}
    if text not in ways:
        raise RuleError(f"a rule's insert is one of {', '.join(ways)}, not {text!r}")
    return ways[text]


def _plain(value: object) -> object:
    """A decision as TOML has it."""
    if isinstance(value, Way):
        return value.name.lower()
    return value.value if isinstance(value, StrEnum) else value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise RuleError(f"a rule's {key} is a text, not {value!r}")
    return value
