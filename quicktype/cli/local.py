"""A model in this process, for when no daemon answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.checkpoint import Checkpoint
    from engine.model import Model
    from quicktype.completer import Completer


def load_checkpoint(name: str | None) -> Checkpoint:
    """The weights of that name or path, or the usual ones."""
    from engine.checkpoint import load
    from quicktype.model_files import find_model

    return load(find_model(name))


def load_model(name: str | None) -> Model:
    """The model of that name or path, or the usual one, ready to run."""
    from engine.model import Model

    return Model(load_checkpoint(name), notify=_tell)


def make_completer(checkpoint: Checkpoint) -> Completer:
    """A completer for these weights; the first one on a machine compiles the kernels."""
    from engine.model import Model
    from quicktype.completer import Completer

    return Completer(Model(checkpoint, notify=_tell))


def _tell(line: str) -> None:
    click.echo(line, err=True)
