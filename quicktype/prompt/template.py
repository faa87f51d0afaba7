"""What structures a model's prompts, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPEAKER = "{speaker}"
"""Stands in a role's texts for the name of who speaks."""
_TAG = re.compile(r"\S+[\]>:]")


@dataclass(frozen=True, slots=True)
class Marker:
    """A special token, by its name in the tokenizer.

    Without a name it is the token that the tokenizer itself opens texts with, if it has one.
    """

    name: str | None = None


Part = Marker | str
"""What surrounds messages: special tokens, and text that is literally in the prompt."""
Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """What opens and closes a message of whoever has this role."""

    opening: Parts
    closing: Parts


@dataclass(frozen=True, slots=True)
class MarkerNames:
    """The markers of a template in which one opens a text, one each message, one closes it."""

    begin: str
    me: str
    others: tuple[str, ...]
    end: str

    @property
    def roles(self) -> tuple[str, ...]:
        """The markers that open a message."""
        return (self.me, *self.others)

    def template(self, name: str) -> PromptTemplate:
        """The template that consists of these markers."""
        closing = (Marker(self.end),)
        me, *others = (Role((Marker(marker),), closing) for marker in self.roles)
        return PromptTemplate(name, (Marker(self.begin),), me, tuple(others))


OURS = MarkerNames("<s>", "<me>", ("<o1>", "<o2>", "<o3>", "<o4>", "<o5>", "<o6>", "<o7>"), "<eom>")
"""The markers of quicktype's own models."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """How prompts are built; it travels inside the weights file.

    The person who types has the role `me`; the others' roles are given by their first appearance,
    and all from the last one on share it. In an `ordered` template, which has two roles, the
    first is of whoever speaks first, `me` or not. One that `alternates` joins what one role says
    in several messages on end, with a space. With `one_line`, line breaks become spaces.
    """

    name: str
    begin: Parts
    me: Role
    others: tuple[Role, ...]
    ordered: bool = False
    alternates: bool = False
    one_line: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        """All roles."""
        return (self.me, *self.others)

    @property
    def markers(self) -> MarkerNames:
        """The names of the markers; raises ValueError for a template that is more than markers."""
        names = MarkerNames(
            _sole_marker(self.begin),
            _sole_marker(self.me.opening),
            tuple(_sole_marker(role.opening) for role in self.others),
            _sole_marker(self.me.closing),
        )
        if names.template(self.name) != self:
            raise ValueError(f"the prompt template {self.name} does not consist of markers alone")
        return names

    @property
    def literal_tags(self) -> tuple[str, ...]:
        """The texts in prompts that structure them, such as ``[/INST]`` or ``Sarah:``."""
        texts = [part.strip() for part in self._parts() if isinstance(part, str)]
        tags = (text for text in texts if _TAG.fullmatch(text) and SPEAKER not in text)
        return tuple(dict.fromkeys(tags))

    @property
    def tags(self) -> tuple[str, ...]:
        """All that a reader must never see: literal tags, and the markers' names."""
        names = (part.name for part in self._parts() if isinstance(part, Marker) and part.name)
        return tuple(dict.fromkeys((*self.literal_tags, *names)))

    def _parts(self) -> Iterator[Part]:
        yield from self.begin
        for role in self.roles:
            yield from (*role.opening, *role.closing)

    def to_json(self) -> dict[str, Any]:
        """The template as plain JSON values; one of markers alone is only their names."""
        try:
            names = self.markers
        except ValueError:
            return {
                "name": self.name,
                "begin": _parts_to_json(self.begin),
                "me": _role_to_json(self.me),
                "others": [_role_to_json(role) for role in self.others],
                "ordered": self.ordered,
                "alternates": self.alternates,
                "one_line": self.one_line,
            }
        plain = {"begin": names.begin, "me": names.me, "others": list(names.others)}
        return {**plain, "end": names.end}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> PromptTemplate:
        """The inverse of `to_json`; raises ValueError when a field is missing or no template."""
        try:
            template = _of_markers(value) if "end" in value else _of_parts(value)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the prompt template lacks a field: {error}") from error
        if not template.others or (template.ordered and len(template.others) != 1):
            raise ValueError("the prompt template does not have the roles that it needs")
        return template


def _of_markers(value: Mapping[str, Any]) -> PromptTemplate:
    names = MarkerNames(value["begin"], value["me"], tuple(value["others"]), value["end"])
    if not all(isinstance(name, str) and name for name in (names.begin, *names.roles, names.end)):
        raise ValueError("the prompt template's markers must be non-empty texts")
    return names.template("quicktype")


def _of_parts(value: Mapping[str, Any]) -> PromptTemplate:
    return PromptTemplate(
        str(value["name"]),
        _parts_from_json(value["begin"]),
        _role_from_json(value["me"]),
        tuple(_role_from_json(role) for role in value["others"]),
        bool(value["ordered"]),
        bool(value["alternates"]),
        bool(value["one_line"]),
    )


def _role_to_json(role: Role) -> dict[str, Any]:
    return {"opening": _parts_to_json(role.opening), "closing": _parts_to_json(role.closing)}


def _role_from_json(value: Mapping[str, Any]) -> Role:
    return Role(_parts_from_json(value["opening"]), _parts_from_json(value["closing"]))


def _parts_to_json(parts: Parts) -> list[Any]:
    return [{"marker": part.name} if isinstance(part, Marker) else part for part in parts]


def _parts_from_json(value: list[Any]) -> Parts:
    if not isinstance(value, list):
        raise TypeError("parts are a list")
    return tuple(part if isinstance(part, str) else _marker_from_json(part) for part in value)


def _marker_from_json(value: Mapping[str, Any]) -> Marker:
    name = value["marker"]
    if name is not None and (not isinstance(name, str) or not name):
        raise ValueError("the prompt template's markers must be non-empty texts")
    return Marker(name)


def _sole_marker(parts: Parts) -> str:
    match parts:
        case (Marker(str(name)),):
            return name
        case _:
            return ""
