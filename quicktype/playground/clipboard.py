"""Reads the clipboard through whichever tool the desktop has."""

from __future__ import annotations

import shutil
import subprocess

_TOOLS = (
    ("pbpaste",),
    ("wl-paste", "--no-newline"),
    ("xclip", "-selection", "clipboard", "-out"),
    ("xsel", "--clipboard", "--output"),
)
_SECONDS = 2


class ClipboardError(Exception):
    """The clipboard cannot be read; the message says why."""


def read_clipboard() -> str:
    """The clipboard's text; raises ClipboardError when there is no tool, or no text."""
    for name, *arguments in _TOOLS:
        tool = shutil.which(name)
        if tool:
            return _run([tool, *arguments])
    names = ", ".join(tool[0] for tool in _TOOLS[1:])
    raise ClipboardError(f"paste with the terminal's own key, or install one of {names}")


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603 - a fixed command
        return done.stdout.decode()
    except (subprocess.SubprocessError, OSError, UnicodeDecodeError) as error:
        raise ClipboardError(f"the clipboard could not be read: {error}") from error
