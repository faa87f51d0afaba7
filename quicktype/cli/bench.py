"""`quicktype bench`: how fast the engine is here, beside other programs with the same weights."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples
from quicktype.cli.threads import THREADS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.table import Table

    from engine.checkpoint import Checkpoint
    from quicktype.bench import Result


@click.command(
    epilog=examples(
        "quicktype bench                  the 15M-class shape",
        "quicktype bench --model quicktype-chat --json",
        "quicktype bench --peer none      ours alone",
        "quicktype bench --peer llama.cpp --peer ~/llama2.c/run",
        "quicktype bench --model smollm2 --threads 2",
        "quicktype bench --desktop        from a key to the suggestion on the screen",
    )
)
@click.option("--model", help="A weights file or a listed model, instead of the 15M-class shape.")
@click.option(
    "--peer",
    "peers",
    multiple=True,
    metavar="NAME",
    help="llama.cpp, the path of llama2.c's run or runq, or none; by default what is installed.",
)
@click.option(
    "--threads",
    default=1,
    show_default=True,
    type=THREADS,
    help="How many compute: all prompts but short ones, and big models' decode; peers as many.",
)
@click.option("--desktop", is_flag=True, help="Measure the desktop app instead; see below.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(
    *, model: str | None, peers: tuple[str, ...], threads: int, desktop: bool, as_json: bool
) -> None:
    """Measure decode, prefill, branches and whole requests, on one thread unless you say more.

    A request is what a key costs: 3 new tokens on 100 cached ones, then 4 candidates of 8 tokens.
    The share of the floor compares a decode with merely reading the weights, at the bandwidth that
    this machine shows. Start and memory are those of a new process until its first token.

    Peers run the same weights on the same tokens, in turns with ours. llama.cpp is measured as its
    settings are by default, and tuned: for each kind of work with those that are fastest for it
    (flash attention on or off, a cache in half or single precision). llama2.c can only decode.

    --desktop opens a window of its own and types into it, and into Chromium where there is one, for
    two minutes; leave keys and mouse alone meanwhile. It measures from each key to the end of the
    suggestion's paint, with the model that ships. Without a desktop, give it one for the time:
    dbus-run-session xvfb-run -s "-screen 0 1280x800x24" quicktype bench --desktop
    """
    if desktop:
        from quicktype.cli.bench_desktop import measure

        measure(as_json=as_json)
        return
    from rich.console import Console

    from quicktype.bench import run
    from quicktype.bench.peers import choose, opened
    from quicktype.cli.output import print_json

    names = choose(peers)
    with Console(stderr=True).status("measuring") as status, _weights(model) as (path, checkpoint):

        def progress(what: str) -> None:
            status.update(f"measuring: {what}")

        with opened(names, checkpoint, threads, progress) as running:
            result = run(checkpoint, path, progress, peers=running, threads=threads)
    if as_json:
        print_json(result.to_json())
    else:
        _print_tables(result)
    for line in result.lost:
        click.echo(f"quicktype: left out: {line}", err=True)
    if result.lost and peers:
        raise click.exceptions.Exit(1)


@contextmanager
def _weights(model: str | None) -> Iterator[tuple[Path, Checkpoint]]:
    """A weights file and what is in it: the one of that name, else random weights for a while."""
    import tempfile
    from pathlib import Path

    from engine.checkpoint import load, save
    from quicktype.bench.shape import random_checkpoint
    from quicktype.model_files import find_model

    if model:
        path = find_model(model)
        yield path, load(path)
        return
    with tempfile.TemporaryDirectory(prefix="quicktype-bench-") as folder:
        path = Path(folder) / "random.safetensors"
        save(path, random_checkpoint())
        yield path, load(path)


def _print_tables(result: Result) -> None:
    from rich.console import Console

    console = Console()
    console.print(_ours(result))
    if result.peers:
        console.print(_peers(result))


def _ours(result: Result) -> Table:
    from rich.table import Table

    threads, sharing = _threads(result.threads), _threads(result.decode_threads)
    if result.threads > result.decode_threads:
        threads += " for prompts"
    table = Table(title=f"{result.model}, {result.weights_mb:.1f} MB of weights, {threads}")
    table.add_column("what")
    table.add_column("result", justify="right")
    times = ", ".join(f"{isa} {time:.2f} ms" for isa, time in result.isa_times_ms.items())
    rows = {
        "decode, one token": f"{result.decode_us:,.0f} µs",
        "decode, four branches": f"{result.branch4_us:,.0f} µs",
        "prefill, 128 tokens": f"{result.prefill_ms:.2f} ms",
        "request, median": f"{result.request_ms:.2f} ms",
        "request, p95 and p99": f"{result.request_p95_ms:.2f} ms, {result.request_p99_ms:.2f} ms",
        f"memory read, {sharing}": f"{result.read_gb_s:.1f} GB/s",
        "decode's share of that floor": f"{result.floor_share:.0%}",
        "start to first token": f"{result.start_s:.2f} s",
        "memory by then": f"{result.memory_mb:.0f} MB",
        "instruction set": result.isa,
        f"chosen by {result.isa_decider}": times or "-",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _threads(count: int) -> str:
    return "one thread" if count == 1 else f"{count} threads"


def _peers(result: Result) -> Table:
    from rich.table import Table

    table = Table(title="Same weights, same tokens, in turns: their time / ours")
    table.add_column("peer")
    for work in ("decode", "prefill", "4 branches", "request"):
        table.add_column(work, justify="right")
    for peer in result.peers:
        ratios = (peer.decode_ratio, peer.prefill_ratio, peer.branch4_ratio, peer.request_ratio)
        table.add_row(peer.name, *("-" if ratio is None else f"{ratio:.2f}x" for ratio in ratios))
    return table
