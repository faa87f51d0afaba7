"""The command `quicktype` itself, and the list of its subcommands."""

from __future__ import annotations

from typing import Any

import click

from quicktype import __version__
from quicktype.cli.bench import bench
from quicktype.cli.chat import chat
from quicktype.cli.complete import complete
from quicktype.cli.doctor import doctor
from quicktype.cli.evaluate import evaluate
from quicktype.cli.examples import examples
from quicktype.cli.failures import ReaderGoneError
from quicktype.cli.generate import generate
from quicktype.cli.model import model
from quicktype.cli.service import daemon, start, status, stop
from quicktype.cli.train import train


class _Root(click.Group):
    def invoke(self, context: click.Context) -> Any:
        """Click would end with exit code 1 when the reader of a pipe has seen enough."""
        try:
            return super().invoke(context)
        except BrokenPipeError as error:
            raise ReaderGoneError from error


@click.group(
    cls=_Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "quicktype chat examples/dinner.txt     try it in this terminal",
        "quicktype start                        the daemon, in the background",
        "quicktype complete chat.txt --draft 'see you tomo'",
        "echo 'Ana: dinner at seven?' | quicktype complete - --json",
        "quicktype COMMAND --help               what a command can do, with examples",
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def quicktype(context: click.Context) -> None:
    """Completes what you type in chats, with a small language model on this machine.

    Nothing you type leaves the machine. Without a command: start.
    """
    if context.invoked_subcommand is None:
        context.invoke(start)


for _command in (
    start,
    stop,
    status,
    doctor,
    daemon,
    complete,
    chat,
    generate,
    evaluate,
    model,
    bench,
    train,
):
    quicktype.add_command(_command)
