"""`quicktype chat`: the playground in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples
from quicktype.cli.threads import threads_option

if TYPE_CHECKING:
    from quicktype.playground.room import Room


@click.command(
    epilog=examples(
        "quicktype chat",
        "quicktype chat examples/dinner.txt --speaker Ana",
        "quicktype chat --script examples/weekend.txt --speaker Ana",
        "quicktype chat --partner model --partner-model smollm2",
    )
)
@click.argument("file", required=False)
@click.option("--speaker", help="Who you are. Default: whoever did not speak last.")
@click.option(
    "--script", metavar="FILE", help="A conversation whose other lines answer yours, one by one."
)
@click.option(
    "--partner", type=click.Choice(["model"]), help="Let a chat model write the other lines."
)
@click.option("--partner-model", metavar="MODEL", help="Which one. Default: the one of --model.")
@click.option("--model", help="A weights file or a listed model, loaded here and now.")
@threads_option
def chat(
    *,
    file: str | None,
    speaker: str | None,
    script: str | None,
    partner: str | None,
    partner_model: str | None,
    model: str | None,
    threads: int,
) -> None:
    """Type in a conversation, with ghost text as you type.

    FILE is how the conversation began: lines "Name: text", or JSON. Tab takes the next word of the
    grey text, Shift+Tab all of it, Alt+] shows another, Esc dismisses it, Enter sends, F2 lets the
    other person type, F3 shows every guess, however unsure. Paste lines "Name: text" to add
    messages. Ctrl-D leaves.
    """
    import asyncio

    from quicktype.cli.failures import Failure
    from quicktype.cli.sources import open_partner, open_suggester
    from quicktype.playground.app import Playground

    room = _room(file, speaker, script)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure("chat needs a terminal; without one use: quicktype complete FILE")
    other = None
    if partner or partner_model:
        other = open_partner(partner_model or model, threads)
    asyncio.run(Playground(room, open_suggester(model, threads), other).run())


def _room(file: str | None, speaker: str | None, script: str | None) -> Room:
    from quicktype.conversation import Conversation
    from quicktype.playground.room import Room
    from quicktype.transcript import read, replier

    conversation = read(file) if file else Conversation()
    lines = read(script).turns if script else ()
    me = speaker or replier(conversation if conversation.turns else Conversation(lines))
    return Room(conversation, me, lines)
