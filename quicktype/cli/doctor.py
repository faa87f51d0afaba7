"""`quicktype doctor`: what works here, and what to do about what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from quicktype.doctor.check import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=examples("quicktype doctor", "quicktype doctor --json"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(*, as_json: bool) -> None:
    """Look at everything that quicktype needs; exit code 0 when nothing failed.

    Under what does not work, or not as well as it could, stands the command that mends it. The
    first time on a machine the engine is compiled.
    """
    from itertools import chain

    from quicktype.cli.local import tell
    from quicktype.cli.output import print_json
    from quicktype.doctor.check import State, examine, examine_together
    from quicktype.doctor.examinations import EXAMINATIONS
    from ui.app.checks import of_desktop

    checks = []
    for check in chain(examine(EXAMINATIONS, tell), examine_together("desktop", of_desktop)):
        checks.append(check)
        if not as_json:
            _print(check)
    healthy = all(check.state is not State.FAIL for check in checks)
    if as_json:
        print_json({"healthy": healthy, "checks": [check.to_json() for check in checks]})
    if not healthy:
        raise click.exceptions.Exit(1)


def _print(check: Check) -> None:
    """A line for what was found, and one for the remedy."""
    state = click.style(f"{check.state:<4}", fg=_COLOURS[check.state])
    click.echo(f"{state}  {check.name:<14} {check.found}")
    if check.remedy:
        click.echo(f"{'':<21}→ {check.remedy}")
