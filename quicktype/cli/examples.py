"""Examples at the end of a command's help."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """Lines for a command's `epilog`, shown as they stand."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
