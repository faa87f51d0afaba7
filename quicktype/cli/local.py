"""A model in this process, for when no daemon answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.checkpoint import Checkpoint
    from engine.model import Model
    from quicktype.completer import Background, Completer


def load_checkpoint(name: str | None) -> Checkpoint:
    """The weights of that name or path, or the usual ones."""
    from engine.checkpoint import load
    from quicktype.model_files import find_model

    return load(find_model(name))


def load_model(name: str | None) -> Model:
    """The model of that name or path, or the usual one, ready to run."""
    from engine.model import Model

    return Model(load_checkpoint(name), notify=tell)


def tell(line: str) -> None:
    """Says on standard error what takes time."""
    click.echo(line, err=True)


def load_background(name: str | None) -> Background | None:
    """The n-grams that lie beside those weights, if there are any."""
    from quicktype.model_files import find_model
    from quicktype.ngrams import NgramTable, NgramWords

    table = find_model(name).with_suffix(".ngrams")
    return NgramWords(NgramTable.load(table)) if table.exists() else None


def make_completer(
    checkpoint: Checkpoint,
    background: Background | None,
    threads: int = 1,
    notify: Callable[[str], None] = tell,
) -> Completer:
    """A completer for these weights; `notify` hears of it when the kernels are compiled first."""
    from engine.model import Model
    from engine.session import Session
    from quicktype.completer import Completer

    model = Model(checkpoint, notify=notify)
    session = Session(model, threads=threads)
    return Completer(model, session=session, background=background)
