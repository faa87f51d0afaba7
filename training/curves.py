"""A run's log, and its picture."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogLine:
    """One look at a run: losses in bits, `train` per token since the last look."""

    step: int
    tokens: int
    seconds: float
    rate: float
    train_bits_per_token: float
    validation_bits_per_byte: float
    sources: dict[str, float] = field(default_factory=dict)


def append(folder: Path, line: LogLine) -> None:
    """Adds a line to ``folder/log.jsonl``."""
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(line)) + "\n")


def read(folder: Path, before_step: int | None = None) -> list[LogLine]:
    """The run's log; with `before_step`, only what a run resumed there has really done."""
    path = folder / "log.jsonl"
    if not path.exists():
        return []
    lines = [LogLine(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if before_step is None or line.step <= before_step]


def rewrite(folder: Path, lines: list[LogLine]) -> None:
    """Replaces the log, for a run that resumes from before its end."""
    text = "".join(json.dumps(asdict(line)) + "\n" for line in lines)
    (folder / "log.jsonl").write_text(text, encoding="utf-8")


def draw(lines: list[LogLine], path: Path, title: str) -> None:
    """The training and validation curves, side by side over millions of tokens, as a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    tokens = [line.tokens / 1e6 for line in lines]
    left, right = figure.subplots(1, 2)
    left.plot(tokens, [line.train_bits_per_token for line in lines])
    left.set(title="training", xlabel="million tokens", ylabel="bits per token")
    right.plot(
        tokens, [line.validation_bits_per_byte for line in lines], color="black", label="all"
    )
    for source in lines[-1].sources if lines else ():
        right.plot(tokens, [line.sources[source] for line in lines], alpha=0.4, label=source)
    right.set(title="validation", xlabel="million tokens", ylabel="bits per byte")
    right.legend(fontsize="x-small")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
