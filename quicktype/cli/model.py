"""`quicktype model`: which weights there are, and what is in a weights file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from quicktype.cli.examples import examples
from quicktype.cli.model_export import export_model
from quicktype.cli.model_import import import_model

if TYPE_CHECKING:
    from pathlib import Path

    from engine.checkpoint import Checkpoint


@click.group()
def model() -> None:
    """See the models on this machine; take in and give away models in other formats."""


@model.command(name="list", epilog=examples("quicktype model list"))
def list_models() -> None:
    """List the models, the one in use with a star."""
    from quicktype.cli.failures import Failure
    from quicktype.model_files import find_model, models

    known = models()
    if not known:
        raise Failure("no model is installed; make one with: quicktype train --help")
    used = find_model(None)
    for path in known:
        star = "*" if path == used else " "
        click.echo(f"{star} {path.stem:<24} {path.stat().st_size / 1e6:6.1f} MB  {path}")


@model.command(
    epilog=examples("quicktype model info", "quicktype model info mine.safetensors --json")
)
@click.argument("name", required=False, metavar="[PATH]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(name: str | None, as_json: bool) -> None:
    """Show what is in a weights file (default: the model in use)."""
    from engine.checkpoint import load
    from quicktype.cli.output import print_json
    from quicktype.model_files import find_model

    path = find_model(name)
    facts = _facts(path, load(path))
    if as_json:
        print_json(facts)
        return
    card = facts.pop("card")
    facts["template"] = facts["template"].get("name", "quicktype")
    for key, value in (facts | _outline(card)).items():
        click.echo(f"{key.replace('_', ' '):<25} {_plain(value)}")


def _facts(path: Path, checkpoint: Checkpoint) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "name": checkpoint.name,
        "path": str(path),
        "megabytes": round(path.stat().st_size / 1e6, 2),
        "parameters": checkpoint.config.parameters,
        "context": checkpoint.config.context,
        "config": asdict(checkpoint.config),
        "template": dict(checkpoint.template),
        "card": dict(checkpoint.card),
    }


def _outline(card: dict[str, Any]) -> dict[str, Any]:
    """The card without what fills pages: the recipe is left out, sources are named only."""
    brief = {key: list(value) if key == "data" else value for key, value in card.items()}
    for long in ("recipe", "chat_template"):
        brief.pop(long, None)
    return brief


def _plain(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items())
        case list():
            return " ".join(_plain(inner) for inner in value)
        case int() if not isinstance(value, bool):
            return f"{value:,}"
        case _:
            return str(value)


model.add_command(import_model)
model.add_command(export_model)
