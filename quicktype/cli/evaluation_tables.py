"""The tables of `quicktype evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from quicktype.evaluation.marks import LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quicktype.evaluation.report import SliceReport


def shipped(slices: Sequence[SliceReport]) -> Table:
    """What the user of the program as it ships would have had, slice by slice."""
    threshold = slices[0].shipped.threshold
    table = _table(
        f"As it ships (words that are at least {threshold:.0%} sure); 95% intervals over chats",
        "slice", "messages", "keys saved", "net time", "net, sober", "shown at", "words right",
        "words a show", "flicker",
    )  # fmt: skip
    for found in slices:
        f = found.shipped.figures
        table.add_row(
            found.name,
            str(found.messages),
            _with_interval(found, "savings"),
            _with_interval(found, "net_240"),
            _with_interval(found, "sober_240"),
            _percent(f.trigger_rate),
            _percent(f.precision),
            f"{f.words_per_show:.2f}",
            _percent(f.flicker),
        )
    return table


def side_by_side(reports: Mapping[str, Sequence[SliceReport]]) -> Table:
    """Each subject at its best threshold for each figure, and where it shows at 20% of carets."""
    table = _table(
        "At the best threshold for each figure: keys saved, net time, net time sober; "
        "keys saved and words right with something shown at 20% of the carets",
        "slice", *reports,
    )  # fmt: skip
    for rows in zip(*reports.values(), strict=True):
        table.add_row(rows[0].name, *(_best(found) for found in rows))
    return table


def calibration(overall: SliceReport) -> Table:
    """How often the next words are right, and how far confidence is off."""
    table = _table(
        f"The next words are right; expected calibration error {overall.calibration_error:.3f}, "
        f"of what is shown {overall.shown_calibration_error:.3f}",
        "letters typed", "next word", "two words", "three words",
    )  # fmt: skip
    for letters, row in zip(LETTERS, overall.exact, strict=True):
        table.add_row(str(letters), *(_percent(share) for share in row))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right")
    return table


def _with_interval(found: SliceReport, name: str) -> str:
    low, high = found.intervals[name]
    value = getattr(found.shipped.figures, name)
    return f"{_percent(value)} ({100 * low:.0f}-{100 * high:.0f})"


def _best(found: SliceReport) -> str:
    best = " ".join(_percent(getattr(point.figures, name)) for name, point in found.best.items())
    seldom = found.at_trigger_rate.figures
    return f"{best}; {_percent(seldom.savings)} {_percent(seldom.precision)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
