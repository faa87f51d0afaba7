"""What the benchmark of the desktop found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds from a key to the end of the paint of the ghost that it brought about."""

    shown: int
    """How many keys brought a ghost; the others rightly none."""
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Reactions:
    """What happened in one app."""

    keys: int
    """How many keys were typed."""
    all: Times
    asked: Times
    """The model was asked."""
    along: Times
    """The key was the ghost's own next letter, so that the daemon was not asked."""


@dataclass(frozen=True, slots=True)
class DesktopResult:
    """From key to ghost, and what the UI process takes."""

    qt: Reactions
    chromium: Reactions | None
    """None where no Chromium is installed."""
    memory_mb: float
    """What the UI process holds after all that, in mebibytes."""
    idle_cpu: float
    """The share of one core that it uses while nobody types, a ghost on the screen."""

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Paint:
    """A ghost was painted: when, by `time.monotonic()`, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key that was pressed, and when."""

    at: float
    char: str


def reactions(strokes: Sequence[Stroke], paints: Sequence[Paint]) -> Reactions:
    """Gives each key the first paint after it and before the next key."""
    asked: list[float] = []
    along: list[float] = []
    ends = [stroke.at for stroke in strokes[1:]] + [float("inf")]
    for stroke, end in zip(strokes, ends, strict=True):
        paint = next((paint for paint in paints if stroke.at <= paint.at < end), None)
        if paint is None:
            continue
        before = next((paint for paint in reversed(paints) if paint.at < stroke.at), None)
        is_along = before is not None and before.text == stroke.char + paint.text
        (along if is_along else asked).append(1000 * (paint.at - stroke.at))
    return Reactions(len(strokes), _times(asked + along), _times(asked), _times(along))


def _times(found: Sequence[float]) -> Times:
    return Times(len(found), _percentile(found, 0.5), _percentile(found, 0.95))


def _percentile(found: Sequence[float], share: float) -> float | None:
    """By the nearest rank; None of nothing."""
    ranked = sorted(found)
    return round(ranked[round(share * (len(ranked) - 1))], 2) if ranked else None
