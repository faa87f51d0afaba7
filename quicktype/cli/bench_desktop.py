"""`quicktype bench --desktop`: from a key to the suggestion on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quicktype.cli.failures import Failure

if TYPE_CHECKING:
    from rich.table import Table

    from ui.bench.result import DesktopResult, Reactions, Times


def measure(*, as_json: bool) -> None:
    """Measures and prints; raises Failure where it cannot be measured."""
    from rich.console import Console

    from quicktype.cli.output import print_json
    from ui.bench.measure import BenchError, run
    from ui.bench.typist import LostFocusError

    try:
        with Console(stderr=True).status("measuring") as status:
            result = run(lambda what: status.update(f"measuring: {what}"))
    except (BenchError, LostFocusError, OSError) as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json(result.to_json())
    else:
        Console().print(_table(result))


def _table(result: DesktopResult) -> Table:
    from rich.table import Table

    table = Table(title="From a key to the end of the suggestion's paint")
    for column in ("app", "keys", "shown", "p50 ms", "p95 ms", "asked", "along"):
        table.add_column(column, justify="left" if column == "app" else "right", no_wrap=True)
    for name, found in (("Qt", result.qt), ("Chromium", result.chromium)):
        if found is not None:
            table.add_row(name, *_cells(found))
    table.caption = (
        f"The UI process holds {result.memory_mb:.0f} MB; when nobody types, it takes "
        f"{result.idle_cpu:.1%} of a core. Asked: p50 and p95 where the model was asked; along: "
        "where the key was the suggestion's next letter."
    )
    return table


def _cells(found: Reactions) -> tuple[str, ...]:
    both = (_pair(found.asked), _pair(found.along))
    times = (_ms(found.all.p50_ms), _ms(found.all.p95_ms))
    return (str(found.keys), str(found.all.shown), *times, *both)


def _pair(times: Times) -> str:
    return f"{_ms(times.p50_ms)}, {_ms(times.p95_ms)}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
