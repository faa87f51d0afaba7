"""What goes wrong with a foreign file."""

from __future__ import annotations


class FormatError(Exception):
    """A file cannot be read or written; the message is one line and says what to do."""
