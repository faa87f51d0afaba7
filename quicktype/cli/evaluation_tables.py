"""The tables of `quicktype evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from quicktype.evaluation.marks import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quicktype.evaluation.report import SliceReport
_SOUGHT = {
    "savings": "Keys saved",
    "net_240": "Net time saved",
    "sober_240": "Net time saved, sober",
}


def shipped(slices: Sequence[SliceReport]) -> Table:
    """What the user of the program as it ships would have had, slice by slice."""
    threshold = slices[0].shipped.threshold
    table = _table(
        f"As it ships, showing words that are at least {threshold:.0%} sure; % (95% interval)",
        "slice", "keys saved", "net time", "sober", "shown", "right", "words", "flicker",
    )  # fmt: skip
    for found in slices:
        f = found.shipped.figures
        table.add_row(
            found.name,
            _with_interval(found, "savings"),
            _with_interval(found, "net_240"),
            _with_interval(found, "sober_240"),
            _percent(f.trigger_rate),
            _percent(f.precision),
            f"{f.words_per_show:.2f}",
            _percent(f.flicker),
        )
    return table


def side_by_side(reports: Mapping[str, Sequence[SliceReport]]) -> Iterator[Table]:
    """Each subject at its best threshold for each figure, and where it shows at 20% of carets."""
    for name, title in _SOUGHT.items():
        table = _table(f"{title}, at the threshold that is best for it", "slice", *reports)
        for rows in zip(*reports.values(), strict=True):
            best = (getattr(found.best[name].figures, name) for found in rows)
            table.add_row(rows[0].name, *map(_percent, best))
        yield table
    table = _table(
        "Keys saved and words right, with something shown at 20% of the carets", "slice", *reports
    )
    for rows in zip(*reports.values(), strict=True):
        seldom = (found.at_trigger_rate.figures for found in rows)
        table.add_row(
            rows[0].name, *(f"{_percent(f.savings)} {_percent(f.precision)}" for f in seldom)
        )
    yield table


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
    return f"{100 * value:.1f} ({100 * low:.0f}-{100 * high:.0f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
