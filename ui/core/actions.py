"""What the state machine wants done; whoever runs it does so, in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quicktype.protocol import ClientMessage
    from ui.core.silence import Silence
    from ui.platform.interface import Chord, Field


@dataclass(frozen=True, slots=True)
class Show:
    """Paint `text` at the caret of `field`; `others` are the further candidates."""

    field: Field
    text: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hide:
    """Paint nothing, at once."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Ask about these chords from now on, and about no others."""

    chords: frozenset[Chord]


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this to the daemon, if one is there."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Refresh:
    """Have the focused field read again."""


@dataclass(frozen=True, slots=True)
class ReadClipboard:
    """Read the clipboard's text; `Machine.clipboard` takes it."""


@dataclass(frozen=True, slots=True)
class TogglePause:
    """The key for it was pressed."""


class Event(StrEnum):
    """What statistics count."""

    TYPED = "typed"
    """Keys that typed text where quicktype serves."""
    SHOWN = "shown"
    ACCEPTED = "accepted"
    ACCEPTED_CHARACTERS = "accepted_characters"
    ACCEPTED_WORDS = "accepted_words"
    DISMISSED = "dismissed"
    TYPED_OVER = "typed_over"
    TAKEN_BACK = "taken_back"
    TAKEN_BACK_CHARACTERS = "taken_back_characters"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Count:
    """So many more of these."""

    event: Event
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Took:
    """The daemon's first answer to a question was there after so many milliseconds."""

    milliseconds: float


@dataclass(frozen=True, slots=True)
class Mood:
    """What the tray tells about here and now: whether suggestions come, and why not."""

    silence: Silence | None
    app: str = ""
    site: str = ""
    rule: str = ""
    """The rule behind `Silence.RULE`."""


Action = Show | Hide | Arm | Tell | Refresh | ReadClipboard | TogglePause | Count | Took | Mood
