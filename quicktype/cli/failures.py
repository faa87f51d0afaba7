"""Every failure as one line for a person: what went wrong, and what to do about it."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click

_TRAINING_PACKAGES = {"torch", "matplotlib"}
_MAX_LENGTH = 500
INTERRUPTED = 130
FAILED = 1


class Failure(click.ClickException):
    """A command could not do what was asked; the message is one line with the way out."""


class ReaderGoneError(Exception):
    """Whoever read our output has closed the pipe."""


def report(error: Exception) -> int:
    """Says what went wrong on standard error; gives the exit code.

    With QUICKTYPE_DEBUG set, the traceback comes first.
    """
    if os.environ.get("QUICKTYPE_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.UsageError):
        error.show()
        return error.exit_code
    click.echo(f"quicktype: {_one_line(explain(error))}", err=True)
    return FAILED


def explain(error: Exception) -> str:
    """What to tell a person about an error."""
    match error:
        case click.ClickException():
            text = error.format_message()
        case ModuleNotFoundError(name=name) if name in _TRAINING_PACKAGES:
            text = f"this needs the package {name}; install what training needs: {_remedy()}"
        case ModuleNotFoundError():
            text = f"the installation is not whole: {error}; install quicktype again"
        case MemoryError():
            text = "not enough memory for this; close other programs or take a smaller model"
        case OSError(strerror=str(reason)):
            text = f"{error.filename}: {reason}" if error.filename else reason
        case _ if _is_ours(error):
            text = str(error)
        case _:
            text = f"unexpected {type(error).__name__}: {error} (QUICKTYPE_DEBUG=1 shows where)"
    return text


def _is_ours(error: Exception) -> bool:
    """Whether the error was written for people: the classes of our own rooms are."""
    room = type(error).__module__.partition(".")[0]
    return room in {"quicktype", "engine", "training", "ui"}


def _remedy() -> str:
    """The one command that installs the training extra, here."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "Makefile").exists():
        return f"make -C {checkout} setup"
    return f"{sys.executable} -m pip install torch matplotlib"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…"
