"""The curve of what is right over how often something is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from quicktype.evaluation.report import SliceReport


def draw(overall: Mapping[str, SliceReport], path: Path) -> None:
    """Precision, keystrokes saved and net time over the trigger rate, a line for each subject."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    FigureCanvasAgg(figure)
    titles = {
        "precision": "shown words that are right",
        "savings": "keystrokes saved",
        "net_240": "net time saved at 240 ms a key",
    }
    for axes, (name, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        for subject, found in overall.items():
            points = [p.figures for p in found.curve if p.figures.trigger_rate > 0]
            rates = [100 * point.trigger_rate for point in points]
            values = [100 * getattr(point, name) for point in points]
            (line,) = axes.plot(rates, values, label=subject)
            shipped = found.shipped.figures
            axes.plot(
                100 * shipped.trigger_rate, 100 * getattr(shipped, name), "o", c=line.get_color()
            )
        axes.set(title=title, xlabel="% of carets with a suggestion", ylabel="%")
        axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
