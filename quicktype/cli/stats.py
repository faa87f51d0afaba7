"""`quicktype stats`."""

from __future__ import annotations

import click

from quicktype.cli.examples import examples


@click.command(epilog=examples("quicktype stats", "quicktype stats --days 7 --json"))
@click.option("--days", type=click.IntRange(1), help="Only so many days, today included.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stats(*, days: int | None, as_json: bool) -> None:
    """Say what quicktype saved you; only counts are kept, never what you typed."""
    import datetime

    from quicktype.cli.output import print_json
    from ui.core.statistics import Statistics

    today = datetime.datetime.now().astimezone().date()
    since = today - datetime.timedelta(days=days - 1) if days else None
    total = Statistics().total(since)
    facts = {event.value: amount for event, amount in sorted(total.counts.items())}
    figures = {
        "keys_saved": total.saved,
        "savings": round(total.savings, 4),
        "acceptance": round(total.acceptance, 4),
        "answer_p50_ms": total.percentile_ms(0.5),
        "answer_p95_ms": total.percentile_ms(0.95),
    }
    if as_json:
        print_json({**figures, **facts})
        return
    click.echo(f"keys saved    {total.saved} ({total.savings:.0%})")
    click.echo(f"acceptance    {total.acceptance:.0%} of what was shown")
    click.echo(
        f"an answer     p50 {figures['answer_p50_ms']:g} ms, p95 {figures['answer_p95_ms']:g} ms"
    )
    for name, amount in facts.items():
        click.echo(f"{name.replace('_', ' '):22} {amount}")
