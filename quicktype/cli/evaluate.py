"""`quicktype evaluate`: chats replayed key by key, and what they would have cost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quicktype.evaluation.answers import SubjectMaker
    from quicktype.evaluation.cases import Case
    from quicktype.evaluation.latency import Latency
    from quicktype.evaluation.report import SliceReport

_TYPED_FOR_LATENCY = 5
"""Messages of each file."""


@click.command(
    epilog=examples(
        "quicktype evaluate --data chats.jsonl",
        "quicktype evaluate --data a.jsonl --data b.jsonl.xz --ngrams WORK/ngrams",
        "quicktype evaluate --data chats.jsonl --model mine.safetensors --picture curve.png",
    )
)
@click.option(
    "--data",
    "paths",
    multiple=True,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Conversations, one a line: {"id": ..., "turns": [{"speaker": ..., "text": ...}]}.',
)
@click.option("--model", help="A weights file or a listed model, instead of the usual one.")
@click.option(
    "--ngrams",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A table of `quicktype train ngrams`: word frequency and the 5-gram stand beside ours.",
)
@click.option(
    "--messages", default=100, show_default=True, type=click.IntRange(1), help="Of each file."
)
@click.option("--jobs", type=click.IntRange(1), help="Processes; as many as there are cores.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="A PNG to draw.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def evaluate(
    *,
    paths: tuple[Path, ...],
    model: str | None,
    ngrams: Path | None,
    messages: int,
    jobs: int | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Replay chats key by key, and report what a user would have saved.

    Of each file, a fixed sample of messages is typed again. A simulated user takes every word that
    is right: one key a word, or one for all that is shown if all is right. Net time counts 240 ms a
    key, 10 ms for a look at a right suggestion and 50 ms (sober: 200 ms) at a wrong one.
    """
    from quicktype.evaluation.cases import sample
    from quicktype.evaluation.report import report
    from quicktype.evaluation.run import by_slice, outcomes
    from quicktype.model_files import find_model

    cases = sample(paths, messages)
    weights = find_model(model)
    processes = jobs or os.cpu_count() or 1
    reports: dict[str, list[SliceReport]] = {}
    with _Progress(cases) as progress:
        for maker in _subjects(weights, ngrams):
            progress.begin(maker.name)
            found = outcomes(maker, cases, processes, progress.done)
            reports[maker.name] = [report(result) for result in by_slice(found)]
    latency = _latency(model, cases)
    if picture is not None:
        from quicktype.evaluation.picture import draw

        draw({name: slices[-1] for name, slices in reports.items()}, picture)
    if as_json:
        _print_json(reports, latency)
    else:
        _print_tables(reports, latency)


def _subjects(weights: Path, ngrams: Path | None) -> Iterator[SubjectMaker]:
    from quicktype.evaluation.subjects import Ngrams, Oracle, Ours

    yield Ours(weights)
    if ngrams is not None:
        yield Ngrams(ngrams)
        yield Ngrams(ngrams, 1, "word frequency")
    yield Oracle()
    yield Oracle(0, "silence")


class _Progress:
    """A bar over the letters of all messages."""

    def __init__(self, cases: Sequence[Case]) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._letters = sum(len(case.text) for case in cases)
        self._bar = Progress(console=Console(stderr=True), transient=True)

    def begin(self, name: str) -> None:
        """Another subject."""
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._task = self._bar.add_task(name, total=self._letters)

    def done(self, case: Case) -> None:
        """A message was typed."""
        self._bar.advance(self._task, len(case.text))

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _latency(model: str | None, cases: Sequence[Case]) -> Latency:
    """Measured on its own, when nothing else of ours runs."""
    from quicktype.cli.local import load_background, load_checkpoint, make_completer
    from quicktype.evaluation.latency import measure

    slices: dict[str, list[Case]] = {}
    for case in cases:
        slices.setdefault(case.slice, []).append(case)
    chosen = [case for found in slices.values() for case in found[:_TYPED_FOR_LATENCY]]
    return measure(make_completer(load_checkpoint(model), load_background(model)), chosen)


def _print_json(reports: dict[str, list[SliceReport]], latency: Latency) -> None:
    import dataclasses

    from quicktype.cli.output import print_json

    subjects: list[dict[str, Any]] = [
        {"name": name, "slices": [found.to_json() for found in slices]}
        for name, slices in reports.items()
    ]
    print_json({"subjects": subjects, "latency": dataclasses.asdict(latency)})


def _print_tables(reports: dict[str, list[SliceReport]], latency: Latency) -> None:
    from rich.console import Console

    from quicktype.cli.evaluation_tables import calibration, shipped, side_by_side

    console = Console()
    ours = next(iter(reports.values()))
    console.print(shipped(ours))
    for table in side_by_side(reports):
        console.print(table)
    console.print(calibration(ours[-1]))
    console.print(
        f"Latency over {latency.keys} keys: {latency.at_once:.0%} of them answered in under 1 ms; "
        f"when the model is asked, first words after {_times(latency.first)}, "
        f"all after {_times(latency.done)} (p50, p95, p99)"
    )


def _times(times: tuple[float, float, float]) -> str:
    return " / ".join(f"{time:.1f}" for time in times) + " ms"
