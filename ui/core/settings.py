"""The user's settings: what there is, what it means, and what holds when nothing is said.

`load` reads the file and the environment, `settings_file.save` writes. Each setting has one line in
a dataclass here: its name in the file, its default, and what it means. An environment variable
``QUICKTYPE_<NAME>`` wins over the file: `learning` is ``QUICKTYPE_LEARNING``, `accept_word` of the
table ``[keys]`` is ``QUICKTYPE_KEYS_ACCEPT_WORD``.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from ui.core.hotkeys import check_takeable
from ui.core.rules import Eagerness, Rule, RuleError

_RULES = "rules"
_T = TypeVar("_T")


class Theme(StrEnum):
    """What the ghost text is painted for."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a setting besides its type: what it means, and which values are right."""

    meaning: str
    check: Callable[[Any], None] | None = None
    """Raises ValueError, in words for people."""


def _about(meaning: str, check: Callable[[Any], None] | None = None) -> dict[str, About]:
    return {"about": About(meaning, check)}


def _between(low: float, high: float) -> Callable[[Any], None]:
    def check(value: float) -> None:
        if not low <= value <= high:
            raise ValueError(f"it is a number from {low:g} to {high:g}")

    return check


def _colour(value: str) -> None:
    digits = value.removeprefix("#")
    if value and (len(digits) != 6 or not value.startswith("#") or set(digits) - _HEX):
        raise ValueError("a colour is written like #8a8a8a")


_HEX = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Keys:
    """The table [keys]. An empty text: no key does it."""

    accept_word: str = field(
        default="Tab",
        metadata=_about("takes the next word; again, the one after it", check_takeable),
    )
    accept_all: str = field(
        default="Shift+Tab", metadata=_about("takes all that is shown", check_takeable)
    )
    next_candidate: str = field(
        default="Alt+]", metadata=_about("shows another suggestion", check_takeable)
    )
    dismiss: str = field(default="Esc", metadata=_about("hides the suggestion", check_takeable))
    ask_now: str = field(
        default="Alt+\\", metadata=_about("asks for a suggestion here and now", check_takeable)
    )
    pause: str = field(
        default="Ctrl+Alt+P", metadata=_about("pauses, and goes on again", check_takeable)
    )
    read_clipboard: str = field(
        default="",
        metadata=_about(
            "takes the clipboard's text for the conversation in this app", check_takeable
        ),
    )


@dataclass(frozen=True, slots=True)
class Look:
    """The table [look]."""

    theme: Theme = field(
        default=Theme.AUTO, metadata=_about("ghost text for light or dark windows, or found out")
    )
    colour: str = field(
        default="", metadata=_about("of the ghost text, like #8a8a8a; empty: by the theme", _colour)
    )
    font: str = field(
        default="",
        metadata=_about("family of the ghost text; empty: the field's, else the desktop's"),
    )
    scale: float = field(
        default=1.0, metadata=_about("the ghost text's size beside the field's", _between(0.5, 2))
    )
    opacity: float = field(default=0.9, metadata=_about("1 is solid", _between(0.2, 1)))
    hint: bool = field(
        default=True,
        metadata=_about("says how many suggestions there are, and the key to the next"),
    )


@dataclass(frozen=True, slots=True)
class Suggesting:
    """The table [suggestions]."""

    eagerness: Eagerness = field(
        default=Eagerness.NORMAL,
        metadata=_about("careful shows less and is wrong less, eager the reverse"),
    )
    words: int = field(
        default=8, metadata=_about("the most that one suggestion has", _between(1, 16))
    )
    candidates: int = field(default=3, metadata=_about("how many to choose from", _between(1, 8)))
    on_request: bool = field(
        default=False, metadata=_about("suggests only when the key for it is pressed")
    )
    openings: bool = field(default=False, metadata=_about("suggests before the first letter, too"))
    read_conversation: bool = field(
        default=True, metadata=_about("reads the conversation on the screen, too")
    )
    prepare: bool = field(
        default=True, metadata=_about("reads a message that arrives before the reply is begun")
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; the defaults when made without arguments."""

    enabled: bool = field(
        default=True, metadata=_about("switched off, nothing is read and nothing suggested")
    )
    model: str = field(
        default="", metadata=_about("a listed model or a weights file; empty: the shipped one")
    )
    learning: bool = field(
        default=False, metadata=_about("keeps what you send on this machine, to learn your words")
    )
    statistics: bool = field(
        default=True, metadata=_about("counts what was shown and taken; never what was typed")
    )
    start_at_login: bool = field(default=False, metadata=_about("starts with the desktop"))
    welcome: bool = field(
        default=True, metadata=_about("shows what works on this desktop at the first start")
    )
    my_name: str = field(
        default="", metadata=_about("yours in chats, where the app does not tell which side is you")
    )
    keys: Keys = field(
        default_factory=Keys,
        metadata=_about("The keys, like Tab, Shift+Tab or Alt+]; empty: none."),
    )
    look: Look = field(default_factory=Look, metadata=_about("How the suggestion looks."))
    suggestions: Suggesting = field(
        default_factory=Suggesting, metadata=_about("What is suggested, and when.")
    )
    rules: tuple[Rule, ...] = field(
        default=(),
        metadata=_about("What holds in which app; your rules win over the shipped ones."),
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and in words what in the file or the environment could not be used."""

    settings: Settings
    problems: tuple[str, ...] = ()


def settings_path() -> Path:
    """Where the settings lie: $XDG_CONFIG_HOME/quicktype/settings.toml."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "quicktype" / "settings.toml"


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Loaded:
    """The settings as file and environment say; what is wrong there is left at its default.

    Never raises for what is in the file: a person has to be able to type on.
    """
    path = path or settings_path()
    table, problems = _read(path)
    settings = _from_table(Settings(), table, (), path.name, problems)
    settings = replace(settings, rules=_rules(table.get(_RULES, []), path.name, problems))
    settings = _from_environment(
        settings, (), os.environ if environment is None else environment, problems
    )
    return Loaded(settings, tuple(problems))


def variable(names: tuple[str, ...]) -> str:
    """The environment variable that wins over a setting, by its path: ("look", "theme")."""
    return "_".join(("QUICKTYPE", *names)).upper()


def about(settings: object, name: str) -> About:
    """What is known of the setting `name` of a table."""
    found = next(item for item in fields(cast("Any", settings)) if item.name == name)
    return cast("About", found.metadata["about"])


def default_of(names: tuple[str, ...]) -> Any:
    """What a setting is when nothing is said."""
    value: Any = Settings()
    for name in names:
        value = getattr(value, name)
    return value


def check_value(names: tuple[str, ...], value: object) -> Any:
    """The value for a setting by its path, with its right type; raises ValueError, in words."""
    table: Any = Settings()
    for name in names[:-1]:
        table = getattr(table, name)
    return _checked(table, names[-1], value)


def _read(path: Path) -> tuple[Mapping[str, Any], list[str]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return {}, []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"{path} cannot be read, the defaults hold: {error}"]
    except OSError as error:
        return {}, [f"{path} cannot be read, the defaults hold: {error.strerror}"]


def _from_table(
    settings: _T, table: Mapping[str, Any], path: tuple[str, ...], file: str, problems: list[str]
) -> _T:
    known = {item.name: getattr(settings, item.name) for item in fields(cast("Any", settings))}
    changes = {}
    for name, value in table.items():
        where = f"{file}: {'.'.join((*path, name))}"
        if name not in known:
            problems.append(f"{where} is no setting{_meant(name, known)}")
        elif is_dataclass(known[name]):
            if isinstance(value, Mapping):
                changes[name] = _from_table(known[name], value, (*path, name), file, problems)
            else:
                problems.append(f"{where} is a table: write [{name}]")
        elif (*path, name) != (_RULES,):
            _take(settings, name, value, where, changes, problems)
    return cast("_T", replace(cast("Any", settings), **changes))


def _from_environment(
    settings: _T, path: tuple[str, ...], environment: Mapping[str, str], problems: list[str]
) -> _T:
    changes: dict[str, Any] = {}
    for item in fields(cast("Any", settings)):
        value = getattr(settings, item.name)
        name = variable((*path, item.name))
        if is_dataclass(value):
            changes[item.name] = _from_environment(value, (*path, item.name), environment, problems)
        elif name in environment and item.default is not MISSING and item.name != _RULES:
            said = _from_text(item.default, environment[name])
            _take(settings, item.name, said, f"${name}", changes, problems)
    return cast("_T", replace(cast("Any", settings), **changes))


def _take(
    settings: object,
    name: str,
    value: object,
    where: str,
    changes: dict[str, Any],
    problems: list[str],
) -> None:
    try:
        changes[name] = _checked(settings, name, value)
    except ValueError as error:
        problems.append(f"{where}: {error}; {_shown(getattr(settings, name))} holds")


def _checked(settings: object, name: str, value: object) -> Any:
    default = getattr(settings, name)
    right = _typed(default, value)
    check = about(settings, name).check
    if check is not None:
        check(right)
    return right


def _typed(default: object, value: object) -> Any:
    """The value as the default's type; raises ValueError."""
    match default:
        case StrEnum():
            kinds = list(type(default))
            if value not in kinds:
                raise ValueError(f"it is one of {', '.join(kinds)}, not {_shown(value)}")
            return type(default)(str(value))
        case bool():
            right, expected = isinstance(value, bool), "true or false"
        case int():
            right, expected = isinstance(value, int) and not isinstance(value, bool), "a number"
        case float():
            right = isinstance(value, (int, float)) and not isinstance(value, bool)
            expected = "a number"
        case _:
            right, expected = isinstance(value, str), "a text in quotes"
    if not right:
        raise ValueError(f"it is {expected}, not {_shown(value)}")
    return float(cast("float", value)) if isinstance(default, float) else value


_ON = {"1", "on", "true", "yes"}
_OFF = {"0", "off", "false", "no", ""}


def _from_text(default: object, text: str) -> object:
    """What an environment variable says, in the type that the setting has if it can be had."""
    if isinstance(default, bool):
        said = text.strip().lower()
        return True if said in _ON else False if said in _OFF else text
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            return text
    return text


def _rules(value: object, file: str, problems: list[str]) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not all(isinstance(table, Mapping) for table in value):
        problems.append(f"{file}: rules are tables: write [[rules]] above each")
        return ()
    rules = []
    for number, table in enumerate(value, start=1):
        try:
            rules.append(Rule.from_toml(table))
        except RuleError as error:
            problems.append(f"{file}: rule {number} does not hold: {error}")
    return tuple(rules)


def _meant(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; {close[0]} is" if close else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
