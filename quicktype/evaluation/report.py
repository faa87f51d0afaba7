"""An evaluation as one table of figures, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quicktype.completer.gate import THRESHOLD
from quicktype.evaluation.figures import NAMES, Figures, figures, interval
from quicktype.evaluation.marks import LETTERS, WORDS
from quicktype.evaluation.run import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.evaluation.run import SliceResult

SOUGHT = ("savings", "net_240", "sober_240")
"""For which figures the best threshold is looked for, and an interval is given."""
_TRIGGER_RATE = 0.2


@dataclass(frozen=True, slots=True)
class Point:
    """The figures at one threshold."""

    threshold: float
    figures: Figures


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What one slice gave, at the shipped threshold and at all others."""

    name: str
    messages: int
    conversations: int
    shipped: Point
    intervals: dict[str, tuple[float, float]]
    best: dict[str, Point]
    at_trigger_rate: Point
    """With a suggestion at a fifth of the carets, or fewer."""
    curve: tuple[Point, ...]
    exact: list[list[float]]
    """[letters typed, words that must be right]"""
    calibration_error: float
    shown_calibration_error: float

    def to_json(self) -> dict[str, Any]:
        """As `quicktype evaluate --json` prints it."""
        return {
            "name": self.name,
            "messages": self.messages,
            "conversations": self.conversations,
            "shipped": _flat(self.shipped),
            "intervals": self.intervals,
            "best": {name: _flat(point) for name, point in self.best.items()},
            "at_trigger_rate_0.2": _flat(self.at_trigger_rate),
            "exact_match": {
                f"{letters} letters": dict(zip(map(str, WORDS), row, strict=True))
                for letters, row in zip(LETTERS, self.exact, strict=True)
            },
            "calibration_error": self.calibration_error,
            "calibration_error_of_shown": self.shown_calibration_error,
            "curve": [_flat(point) for point in self.curve],
        }


def report(result: SliceResult) -> SliceReport:
    """The figures of one slice."""
    sums = result.tallies.sum(axis=0)
    curve = tuple(
        Point(float(threshold), figures(row))
        for threshold, row in zip(THRESHOLDS, sums, strict=True)
    )
    place = int(np.argmin(np.abs(THRESHOLDS - THRESHOLD)))
    by_chat = result.tallies[:, place]
    return SliceReport(
        result.name,
        result.messages,
        len(result.tallies),
        curve[place],
        {name: interval(by_chat, name) for name in SOUGHT},
        {name: max(curve, key=lambda point: getattr(point.figures, name)) for name in SOUGHT},
        _at_trigger_rate(curve),
        curve,
        result.marks.exact().round(4).tolist(),
        result.marks.calibration_error(),
        result.marks.calibration_error(THRESHOLD),
    )


def _at_trigger_rate(curve: Sequence[Point]) -> Point:
    """The lowest threshold that shows something at no more than a fifth of the carets."""
    seldom = [point for point in curve if point.figures.trigger_rate <= _TRIGGER_RATE]
    return seldom[0] if seldom else curve[-1]


def _flat(point: Point) -> dict[str, float]:
    values = asdict(point.figures)
    return {"threshold": point.threshold} | {name: round(values[name], 5) for name in NAMES}
