"""What a check says; standard library only, so that every room can have checks of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Notify = Callable[[str], None]
    Examination = Callable[[Notify], "Check"]


class State(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well as it could."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    `found` is one line for a person, `remedy` the command that mends it, if one does; `facts` are
    the figures behind it, as JSON values.
    """

    name: str
    state: State
    found: str
    remedy: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `quicktype doctor --json` prints it."""
        return {
            "name": self.name,
            "state": str(self.state),
            "found": self.found,
            "remedy": self.remedy,
            "facts": dict(self.facts),
        }


def examine(examinations: Sequence[Examination], notify: Notify) -> Iterator[Check]:
    """Looks at one thing after the other; what cannot even be looked at has failed."""
    for examination in examinations:
        try:
            yield examination(notify)
        except Exception as error:  # noqa: BLE001 - the other checks are to go on
            yield _failed(examination.__name__.replace("_", " "), error)


def examine_together(name: str, look: Callable[[], Sequence[Check]]) -> Sequence[Check]:
    """Looks at several things that are looked at in one go, by the name of all of them."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - the other checks are to go on
        return (_failed(name, error),)


def _failed(name: str, error: Exception) -> Check:
    return Check(name, State.FAIL, f"{type(error).__name__}: {error}")
