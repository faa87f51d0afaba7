"""`quicktype start`, `stop`, `status` and `daemon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from quicktype.daemon import Loaded
    from quicktype.protocol import StatusReport

_MODEL = click.option("--model", help="A weights file or a listed model; default: the shipped one.")


@click.command(epilog=examples("quicktype start", "quicktype start --model mine.safetensors"))
@_MODEL
def start(model: str | None) -> None:
    """Start the daemon in the background; back when it is ready."""
    from quicktype.cli.background import running, start_daemon

    report = running()
    if report is not None:
        click.echo(f"the daemon already runs (pid {report.pid}, {report.model})")
        return
    report = start_daemon(model)
    click.echo(f"the daemon runs (pid {report.pid}, {report.model})")


@click.command(epilog=examples("quicktype stop"))
def stop() -> None:
    """Stop the daemon."""
    from quicktype.cli.background import stop_daemon

    click.echo("the daemon has stopped" if stop_daemon() else "no daemon runs")


@click.command(epilog=examples("quicktype status", "quicktype status --json"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say how the daemon is; exit code 0 when it runs."""
    from dataclasses import replace

    from quicktype.cli.background import running
    from quicktype.cli.failures import Failure
    from quicktype.cli.output import print_json

    report = running()
    if as_json:
        facts = {} if report is None else replace(report, id=None).to_json()
        print_json({"running": report is not None, **facts})
    elif report is not None:
        _print_report(report)
    if report is None:
        raise Failure("no daemon runs; start one with: quicktype start")


@click.command(
    epilog=examples(
        "quicktype daemon",
        "quicktype daemon --socket /tmp/mine/daemon.sock --model mine.safetensors",
    )
)
@click.option("--socket", "path", help="Where to listen; default: where the others look for it.")
@_MODEL
def daemon(path: str | None, model: str | None) -> None:
    """Run the daemon in the foreground, until Ctrl-C or `quicktype stop`."""
    import logging
    from pathlib import Path

    from quicktype import paths
    from quicktype.daemon import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    place = Path(path).absolute() if path else paths.socket_path()

    def ready(loaded: Loaded) -> None:
        click.echo(f"listening at {place} with {loaded.info.name}", err=True)

    serve(place, lambda: _load(model), ready)


def _load(model: str | None) -> Loaded:
    from quicktype.cli.local import load_background, load_checkpoint, make_completer
    from quicktype.daemon import Loaded
    from quicktype.prompt import PromptTemplate
    from quicktype.protocol import ModelInfo

    checkpoint = load_checkpoint(model)
    template = PromptTemplate.from_json(checkpoint.template)
    config = checkpoint.config
    info = ModelInfo(checkpoint.name, config.parameters, config.context, template.name)
    return Loaded(make_completer(checkpoint, load_background(model)), info)


def _print_report(report: StatusReport) -> None:
    latency = report.latency_ms
    click.echo(f"the daemon runs (pid {report.pid}, for {_duration(report.uptime_s)})")
    click.echo(f"  model     {report.model}")
    click.echo(f"  requests  {report.requests}")
    click.echo(
        f"  latency   p50 {latency.p50:.1f} ms, p95 {latency.p95:.1f} ms, p99 {latency.p99:.1f} ms"
    )
    click.echo(f"  memory    {report.memory_mb:.0f} MB")
    click.echo(f"  learning  {'on' if report.learning else 'off'}")


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
