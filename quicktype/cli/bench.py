"""`quicktype bench`: how fast the engine is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from quicktype.bench import Result


@click.command(
    epilog=examples(
        "quicktype bench                  the 15M-class shape",
        "quicktype bench --model quicktype-chat --json",
    )
)
@click.option("--model", help="A weights file or a listed model, instead of the 15M-class shape.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(*, model: str | None, as_json: bool) -> None:
    """Measure decode, prefill, branches and whole requests, on one thread.

    A request is what a key costs: 3 new tokens on 100 cached ones, then 4 candidates of 8 tokens.
    The share of the floor compares a decode with merely reading the weights, at the bandwidth that
    this machine shows. Start and memory are those of a new process until its first token, with the
    weights that are shipped unless --model names others.
    """
    from rich.console import Console

    from quicktype.bench import run
    from quicktype.bench.shape import random_checkpoint
    from quicktype.cli.local import load_checkpoint
    from quicktype.cli.output import print_json
    from quicktype.model_files import find_model

    checkpoint = load_checkpoint(model) if model else random_checkpoint()
    with Console(stderr=True).status("measuring") as status:
        result = run(
            checkpoint, find_model(model), lambda what: status.update(f"measuring: {what}")
        )
    if as_json:
        print_json(result.to_json())
        return
    _print_table(result)


def _print_table(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{result.model}, {result.weights_mb:.1f} MB of weights, {result.isa}, one thread"
    )
    table.add_column("what")
    table.add_column("result", justify="right")
    rows = {
        "decode, one token": f"{result.decode_us:,.0f} µs",
        "decode, four branches": f"{result.branch4_us:,.0f} µs",
        "prefill, 128 tokens": f"{result.prefill_ms:.2f} ms",
        "request, median": f"{result.request_ms:.2f} ms",
        "request, p95 and p99": f"{result.request_p95_ms:.2f} ms, {result.request_p99_ms:.2f} ms",
        "memory read, one thread": f"{result.read_gb_s:.1f} GB/s",
        "decode's share of that floor": f"{result.floor_share:.0%}",
        "start to first token": f"{result.start_s:.2f} s",
        "memory by then": f"{result.memory_mb:.0f} MB",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)
