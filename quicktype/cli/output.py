"""What the commands print: completions for people and for programs."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quicktype.conversation import Conversation
    from quicktype.draft import Draft
    from quicktype.protocol import Done, Timing
    from quicktype.suggestion import Candidate

_TEXT_WIDTH = 60


def printable(text: str) -> str:
    """The text without characters that steer a terminal."""
    return "".join(
        "\ufffd" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in text
    )


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON value on one line, in ASCII, so that no locale can spoil it."""
    click.echo(json.dumps(value))


def print_turns(conversation: Conversation) -> None:
    """The conversation, a line or more for each message."""
    for turn in conversation.turns:
        click.echo(f"{click.style(printable(turn.speaker), bold=True)}: {printable(turn.text)}")


class CompletionView:
    """The line that is being completed, repainted in a terminal as better candidates come."""

    def __init__(self, speaker: str, draft: Draft) -> None:
        self._speaker = speaker
        self._draft = draft
        self._live = sys.stdout.isatty()

    def improve(self, candidates: Sequence[Candidate]) -> None:
        """Shows the best of these candidates; outside a terminal only the last word counts."""
        if self._live and candidates:
            click.echo(f"\r\x1b[2K{self._line(candidates[0].text, fit=True)}", nl=False)

    def finish(self, done: Done, source: str) -> None:
        """Shows what was decided, all candidates, and what it took."""
        best = done.candidates[0].text if done.candidates else ""
        click.echo(("\r\x1b[2K" if self._live else "") + self._line(best, fit=False) + "\n")
        for rank, candidate in enumerate(done.candidates, start=1):
            click.echo(_ranked(rank, candidate))
        if not done.candidates:
            click.echo(f"  nothing to suggest: {done.suppression or done.reason}")
        click.echo(f"\n{describe_timing(done.timing, source)}")

    def _line(self, ghost: str, *, fit: bool) -> str:
        """The draft with the ghost text in it; `fit` cuts it to one row of the terminal."""
        head = f"{self._speaker}: {self._draft.before}"
        if fit:
            columns = shutil.get_terminal_size().columns - 1
            head = head[-(columns // 2) :]
            ghost = ghost[: columns - len(head)]
        marked = click.style(printable(ghost), dim=True) if self._live else _bracketed(ghost)
        return printable(head) + marked + ("" if fit else printable(self._draft.after))


def _bracketed(ghost: str) -> str:
    return f"[{printable(ghost)}]" if ghost else ""


def describe_timing(timing: Timing, source: str) -> str:
    """What a completion took, in a sentence."""
    return (
        f"{timing.total_ms:.1f} ms {source}: "
        f"prefill {timing.prefill_ms:.1f} ms ({timing.prompt_tokens} tokens, "
        f"{timing.reused_tokens} of them cached), "
        f"decode {timing.decode_ms:.1f} ms ({timing.decoded_tokens} tokens), "
        f"queue {timing.queue_ms:.1f} ms"
    )


def _ranked(rank: int, candidate: Candidate) -> str:
    words = " ".join(f"{word.confidence:.0%}" for word in candidate.words)
    text = printable(candidate.text).replace("\n", " ")
    return f"  {rank}  {candidate.confidence:4.0%}  {text:<{_TEXT_WIDTH}}  {words}".rstrip()
