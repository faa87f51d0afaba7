"""Where nothing is asked, shown or kept: decided from the field, the rules and the switches."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ui.core.rules import Place, Reading
from ui.platform import interface
from ui.platform.interface import Role

if TYPE_CHECKING:
    from ui.core.rules import Behaviour
    from ui.platform.interface import Field

_ROLES = {Role.TEXT: "text", Role.PASSWORD: "password", Role.TERMINAL: "terminal"}


class Silence(StrEnum):
    """Why nothing is suggested; the values are for people."""

    OFF = "switched off"
    PAUSED = "paused"
    NO_FIELD = "no text field has the focus"
    PASSWORD = "a password field"  # noqa: S105 - a reason, not a password
    TERMINAL = "a terminal"
    RULE = "a rule for this app"
    NOT_EDITABLE = "nothing can be typed here"
    NO_TEXT = "this app does not tell its text"
    SELECTED = "text is selected"
    COMPOSING = "a character is being composed"
    INSIDE = "the caret is inside a line"


def place(app: interface.App, site: str, role: Role = Role.UNKNOWN) -> Place:
    """What rules look at."""
    return Place(app.name, site, app.toolkit.name.lower(), _ROLES.get(role, ""))


def reading(behaviour: Behaviour) -> interface.Reading:
    """How much a backend may read where this holds."""
    if not behaviour.suggest:
        return interface.Reading.NOTHING
    keys = behaviour.read is Reading.KEYS
    return interface.Reading.KEYS if keys else interface.Reading.TEXT


def silence(field: Field | None, behaviour: Behaviour) -> Silence | None:
    """A reason for silence in this field, or None."""
    if field is None:
        return Silence.NO_FIELD
    reasons = {
        Silence.PASSWORD: field.role is Role.PASSWORD,
        Silence.TERMINAL: field.role is Role.TERMINAL,
        Silence.RULE: not behaviour.suggest,
        Silence.NOT_EDITABLE: not field.editable and field.role is not Role.UNKNOWN,
        Silence.NO_TEXT: field.draft is None,
        Silence.SELECTED: field.selected > 0,
        Silence.COMPOSING: field.composing,
        Silence.INSIDE: field.draft is not None and _goes_on(field.draft.after),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _goes_on(after: str) -> bool:
    """Whether text stands behind the caret in its line: a ghost would be painted over it."""
    return bool(after.partition("\n")[0].strip())
