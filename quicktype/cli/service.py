"""`quicktype start`, `stop`, `status` and `daemon`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples
from quicktype.cli.threads import threads_option

if TYPE_CHECKING:
    from quicktype.daemon import Loaded
    from quicktype.protocol import StatusReport

_MODEL = click.option("--model", help="A weights file or a listed model; default: the shipped one.")


@click.command(epilog=examples("quicktype start", "quicktype start --model mine.safetensors"))
@_MODEL
def start(model: str | None) -> None:
    """Start the daemon and the tray in the background; back when both are ready.

    Where there is no desktop, the daemon alone.
    """
    from quicktype.background import running, start_daemon
    from ui.app import instance
    from ui.app.backend import has_desktop

    report = running()
    state = "already runs" if report is not None else "runs"
    report = report or start_daemon(_chosen(model), _say_that_it_takes_a_while)
    click.echo(f"the daemon {state} (pid {report.pid}, {report.model})")
    if not has_desktop():
        click.echo("there is no desktop here, so no tray; in the terminal: quicktype chat")
        return
    tray = instance.running()
    state = "already runs" if tray is not None else "runs"
    tray = tray or instance.start_tray()
    click.echo(f"the tray {state} (pid {tray.pid}, {tray.line})")


@click.command(epilog=examples("quicktype stop"))
def stop() -> None:
    """Stop the tray and the daemon."""
    from quicktype.background import stop_daemon
    from ui.app import instance

    if instance.stop_tray():
        click.echo("the tray has stopped")
    click.echo("the daemon has stopped" if stop_daemon() else "no daemon runs")


@click.command(epilog=examples("quicktype status", "quicktype status --json"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say how the daemon and the tray are; exit code 0 when both run.

    Where there is no desktop, the daemon is enough.
    """
    from dataclasses import replace

    from quicktype.background import running
    from quicktype.cli.failures import Failure
    from quicktype.cli.output import print_json
    from ui.app import instance
    from ui.app.backend import has_desktop

    report, tray = running(), instance.running()
    if as_json:
        facts = {} if report is None else replace(report, id=None).to_json()
        known = None if tray is None else tray.to_json()
        print_json({"running": report is not None, **facts, "tray": known})
    else:
        if report is not None:
            _print_report(report)
        if tray is not None:
            click.echo(f"the tray runs (pid {tray.pid}): {tray.line}")
    missing = ["daemon"] if report is None else []
    missing += ["tray"] if tray is None and has_desktop() else []
    if missing:
        raise Failure(f"no {' and no '.join(missing)} runs; to start: quicktype start")


@click.command(
    epilog=examples(
        "quicktype daemon",
        "quicktype daemon --socket /tmp/mine/daemon.sock --model mine.safetensors",
        "quicktype daemon --systemd install     systemd starts it and keeps it alive",
    )
)
@click.option("--socket", "path", help="Where to listen; default: where the others look for it.")
@_MODEL
@threads_option
@click.option(
    "--systemd",
    type=click.Choice(["show", "install", "remove"]),
    help="Show a unit for your systemd, install and start it, or remove it; and do nothing else.",
)
def daemon(path: str | None, model: str | None, threads: int, systemd: str | None) -> None:
    """Run the daemon in the foreground, until Ctrl-C or `quicktype stop`.

    With --systemd install, systemd starts it when you log in and keeps it alive; the tray leaves
    that to systemd then.
    """
    if systemd:
        _unit(systemd)
        return
    import logging
    from pathlib import Path

    from quicktype import paths
    from quicktype.daemon import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    place = Path(path).absolute() if path else paths.socket_path()

    def ready(loaded: Loaded) -> None:
        click.echo(f"listening at {place} with {loaded.info.name}", err=True)

    serve(place, lambda: _load(_chosen(model), threads), ready)


def _unit(what: str) -> None:
    from quicktype.cli.failures import Failure
    from ui.app import autostart

    try:
        if what == "show":
            click.echo(autostart.unit(), nl=False)
        elif what == "install":
            autostart.install_unit()
            click.echo(f"systemd minds the daemon now: {autostart.unit_path()}")
        elif autostart.remove_unit():
            click.echo("systemd does not mind the daemon any more")
        else:
            click.echo("systemd did not mind the daemon")
    except (OSError, autostart.SystemdError) as error:
        raise Failure(str(error)) from error


def _chosen(model: str | None) -> str | None:
    """The model of the command line, else that of the settings (where the environment wins)."""
    from ui.core.settings import load

    return model or load().settings.model or None


def _say_that_it_takes_a_while() -> None:
    click.echo("the first start on a machine compiles the engine ...", err=True)


def _load(model: str | None, threads: int) -> Loaded:
    from quicktype.cli.local import load_background, load_checkpoint, make_completer
    from quicktype.daemon import Loaded
    from quicktype.prompt import PromptTemplate
    from quicktype.protocol import ModelInfo

    checkpoint = load_checkpoint(model)
    template = PromptTemplate.from_json(checkpoint.template)
    config = checkpoint.config
    info = ModelInfo(checkpoint.name, config.parameters, config.context, template.name)
    completer = make_completer(checkpoint, load_background(model), threads)
    return Loaded(completer, info)


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
