"""The app's state at a glance, from all that is known: what the tray shows and `status` prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from quicktype.doctor.check import State
from ui.app.link import Health
from ui.core.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.doctor.check import Check
    from ui.app.link import LinkState
    from ui.core.actions import Mood


class Kind(StrEnum):
    """What the icon tells."""

    READY = "ready"
    SILENT = "silent"
    """Not here: by a rule, in a password field, in a terminal."""
    PAUSED = "paused"
    STARTING = "starting"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Status:
    """What to show: the kind, and one line that says it, and what to do about trouble."""

    kind: Kind
    line: str


_SWITCHED = frozenset({Silence.OFF, Silence.PAUSED})
_HERE = frozenset({Silence.PASSWORD, Silence.TERMINAL, Silence.RULE, Silence.NO_TEXT})


def status(
    link: LinkState, mood: Mood | None, findings: Sequence[Check], problems: Sequence[str]
) -> Status:
    """The most important thing that there is to tell."""
    silence = mood.silence if mood is not None else None
    trouble = _trouble(link, findings, problems)
    if silence in _SWITCHED:
        found = Status(Kind.PAUSED, str(silence))
    elif trouble:
        found = Status(Kind.TROUBLE, trouble)
    elif link.health is Health.STARTING:
        found = Status(Kind.STARTING, "the daemon is starting")
    elif mood is not None and silence in _HERE:
        found = Status(Kind.SILENT, _of_place(mood))
    else:
        found = Status(Kind.READY, "ready")
    return found


def _trouble(link: LinkState, findings: Sequence[Check], problems: Sequence[str]) -> str:
    """What is wrong, worst first; empty when nothing is."""
    lost = link.health in {Health.GONE, Health.HUNG}
    wrong = [link.words or "the daemon is gone"] if lost else []
    wrong += [_of_finding(finding) for finding in findings if finding.state is State.FAIL]
    return next(iter([*wrong, *problems]), "")


def _of_finding(finding: Check) -> str:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{finding.name}: {finding.found}{remedy}"


def _of_place(mood: Mood) -> str:
    where = mood.site or mood.app or "this app"
    why = mood.rule or str(mood.silence)
    return f"silent in {where}: {why}"
