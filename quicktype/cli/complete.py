"""`quicktype complete`: what comes next in a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from quicktype.conversation import Conversation


def _utf8(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Refuses arguments whose bytes are no text."""
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter("this is not UTF-8") from error
    return value


@click.command(
    epilog=examples(
        "quicktype complete examples/dinner.txt --draft 'how about sev'",
        "printf 'Ana: dinner tomorrow?\\nBen: yes! what time?\\n' |",
        "    quicktype complete - --speaker Ana --draft 'how about sev' --json",
        "quicktype complete chat.jsonl --draft 'see ' --after '!' -n 5 --words 3",
    )
)
@click.argument("file")
@click.option(
    "--speaker", callback=_utf8, help="Who is typing. Default: whoever did not speak last."
)
@click.option("--draft", default="", callback=_utf8, help="What stands before the caret.")
@click.option("--after", default="", callback=_utf8, help="What stands after the caret.")
@click.option(
    "-n",
    "--candidates",
    default=3,
    show_default=True,
    type=click.IntRange(1, 8),
    help="How many candidates.",
)
@click.option(
    "--words",
    default=8,
    show_default=True,
    type=click.IntRange(1, 16),
    help="How many words each, at most.",
)
@click.option("--gate", is_flag=True, help="Hold back what is not worth showing, as in the chat.")
@click.option("--json", "as_json", is_flag=True, help="Print the `done` object alone.")
@click.option(
    "--model", callback=_utf8, help="A weights file or a listed model, loaded here and now."
)
def complete(
    *,
    file: str,
    speaker: str | None,
    draft: str,
    after: str,
    candidates: int,
    words: int,
    gate: bool,
    as_json: bool,
    model: str | None,
) -> None:
    """Say what comes next in the conversation in FILE (or - for standard input).

    FILE holds lines "Name: text", or turns {"speaker": ..., "text": ...} as JSON or JSONL. A
    running daemon answers, else the model is loaded for this one question. Nothing is held back,
    unless --gate says so.
    """
    from quicktype.cli.output import CompletionView, print_json, print_turns
    from quicktype.cli.sources import Query, open_source
    from quicktype.draft import Draft
    from quicktype.transcript import read, replier

    conversation = read(file)
    _require_something(conversation, draft + after)
    speaker = speaker or replier(conversation)
    query = Query(conversation, speaker, Draft(draft, after), candidates, words, gate)
    with open_source(model) as source:
        if as_json:
            print_json(source.complete(query, lambda _: None).to_json())
            return
        print_turns(conversation)
        view = CompletionView(speaker, query.draft)
        view.finish(source.complete(query, view.improve), source.name)


def _require_something(conversation: Conversation, draft: str) -> None:
    from quicktype.cli.failures import Failure

    if not conversation.turns and not draft:
        raise Failure("the conversation is empty, and so is the draft; give one of them")
