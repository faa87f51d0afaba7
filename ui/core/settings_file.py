"""Writing settings.toml: a value at a time, whatever else stands in the file left as it is."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ui.core import settings as known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tomlkit import TOMLDocument

    from ui.core.rules import Rule

_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]")


class SettingsError(Exception):
    """The settings cannot be written; the message says why, and what to do."""


def save(
    path: Path,
    changes: Mapping[tuple[str, ...], object],
    rules: Iterable[Rule] | None = None,
) -> None:
    """Changes these settings (by their path: ("look", "theme")), and the user's rules if given.

    Comments, order, and what this version does not know stay. The file appears whole or not at all;
    where it is a link, its target is written. Raises SettingsError if it cannot be read or written,
    ValueError for a value that is not right.
    """
    document = _document(path)
    for names, value in changes.items():
        right = known.check_value(names, value)
        document = _put(document, names, right.value if isinstance(right, StrEnum) else right)
    if rules is not None:
        _put_rules(document, rules)
    _write(path, document.as_string())


def documented() -> str:
    """A settings.toml with nothing set: every setting with its meaning and its default."""
    lines = [
        "# quicktype's settings. Take the # from a line and change it; saved, it holds at once.",
        "# An environment variable wins: learning is QUICKTYPE_LEARNING, theme in [look] is",
        "# QUICKTYPE_LOOK_THEME.",
        "",
    ]
    tables = []
    for item in fields(known.Settings):
        value = getattr(known.Settings(), item.name)
        if is_dataclass(value):
            tables += ["", f"# {known.about(known.Settings(), item.name).meaning}"]
            tables += [f"[{item.name}]"]
            tables += [_commented(value, inner.name) for inner in fields(cast("Any", value))]
        elif item.name != "rules":
            lines.append(_commented(known.Settings(), item.name))
    return "\n".join([*lines, *tables, "", *_RULES_HELP]) + "\n"


_RULES_HELP = (
    f"# {known.about(known.Settings(), 'rules').meaning}",
    "#",
    "# [[rules]]",
    '# app = "hexchat"           # or site, toolkit, role; * and ? are known',
    "# suggest = false           # or learn, read, insert, eagerness, accept_word, accept_all,",
    "#                           # my_name",
)


def _commented(table: object, name: str) -> str:
    default = getattr(table, name)
    text = "true" if default is True else "false" if default is False else _toml(default)
    return f"# {name} = {text}".ljust(32) + f"  # {known.about(table, name).meaning}"


def _toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _document(path: Path) -> TOMLDocument:
    import tomlkit  # noqa: PLC0415 - memory that only somebody who changes a setting needs
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = documented()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}; mend it or move it away") from error
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError(f"{path} is no TOML: {error}; mend it or move it away") from error


def _uncommented(text: str, names: tuple[str, ...]) -> str:
    """The file with the line of a setting in use that stood there as a comment, if it did."""
    table: tuple[str, ...] = ()
    lines = text.splitlines(keepends=True)
    line_of = re.compile(rf"#\s*{re.escape(names[-1])}\s*=.*")
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if header:
            table = tuple(header[1].split("."))
        elif table == names[:-1] and line_of.match(line):
            lines[number] = line.removeprefix("#").lstrip()
            return "".join(lines)
    return text


def _put(document: TOMLDocument, names: tuple[str, ...], value: object) -> TOMLDocument:
    import tomlkit  # noqa: PLC0415
    from tomlkit.exceptions import ParseError  # noqa: PLC0415

    table: Any = document
    for name in names[:-1]:
        table = table.get(name, {})
    if names[-1] not in table:
        with suppress(ParseError):  # what stood there may never have been a setting
            document = tomlkit.parse(_uncommented(document.as_string(), names))
    table = document
    for name in names[:-1]:
        if not isinstance(table.get(name), dict):
            table[name] = tomlkit.table()
        table = table[name]
    table[names[-1]] = value
    return document


def _put_rules(document: TOMLDocument, rules: Iterable[Rule]) -> None:
    """Takes out the rules that are gone and adds those that are new; all anew for a new order."""
    import tomlkit  # noqa: PLC0415

    wanted = [rule.to_toml() for rule in rules]
    kept = [table for table in document.get("rules", []) if table.unwrap() in wanted]
    if [table.unwrap() for table in kept] != wanted[: len(kept)]:
        kept = []
    tables = tomlkit.aot()
    for table in kept:
        tables.append(table)
    for values in wanted[len(kept) :]:
        table = tomlkit.table()
        table.update(values)
        tables.append(table)
    document.pop("rules", None)
    if wanted:
        document.add("rules", tables)


def _write(path: Path, text: str) -> None:
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".settings-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}") from error
