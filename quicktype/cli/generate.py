"""`quicktype generate`: plain generation, token by token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples
from quicktype.cli.threads import threads_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.model import Model
    from engine.sampling import Sampler
    from engine.session import Session


@click.command(
    epilog=examples(
        "quicktype generate --prompt 'are we still on for'",
        "quicktype generate -n 200 --temperature 0.7 --top-k 40 --seed 1",
        "quicktype generate --model stories15M --prompt 'Once upon a time' --temperature 0",
    )
)
@click.option("--model", help="A weights file or a listed model.")
@click.option("--prompt", default="", help="How the text begins.")
@click.option(
    "-n",
    "count",
    default=256,
    show_default=True,
    type=click.IntRange(0),
    help="How many tokens; 0: as many as the model's context holds.",
)
@click.option("--temperature", default=1.0, show_default=True, type=click.FloatRange(0))
@click.option("--top-p", default=0.9, show_default=True, type=click.FloatRange(0, 1, min_open=True))
@click.option("--top-k", default=0, show_default=True, type=click.IntRange(0), help="0: all.")
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same text.")
@threads_option
def generate(
    *,
    model: str | None,
    prompt: str,
    count: int,
    temperature: float,
    top_p: float,
    top_k: int,
    seed: int | None,
    threads: int,
) -> None:
    """Let a model write, and say how fast it is.

    A model that knows nothing but chats writes one, line by line, between A and B. Any other goes
    on with the prompt until it ends its text, or its context is full. Temperature 0 always takes
    the likeliest token.
    """
    from engine.sampling import Sampler
    from engine.session import Session
    from quicktype.cli.local import load_model

    loaded = load_model(model)
    session = Session(loaded, threads=threads)
    sampler = Sampler(temperature, top_p, top_k, seed)
    if _only_chats(loaded):
        begun, pieces = f"A: {prompt}", _chat(session, prompt, sampler)
    else:
        begun, pieces = prompt, _text(session, _opening(loaded, prompt), prompt, sampler)
    rate = _Rate()
    click.echo(begun, nl=False)
    try:
        _print(pieces, count or loaded.config.context, rate)
    except KeyboardInterrupt:
        click.echo(f"\n\n{rate}", err=True)
        raise
    click.echo()
    click.echo(f"\n{rate}", err=True)


class _Rate:
    """How many tokens came, and how fast: the clock starts with the first."""

    def __init__(self) -> None:
        self._tokens = 0
        self._began = self._last = 0.0

    def count(self) -> None:
        """One more token is there."""
        self._tokens += 1
        self._last = time.perf_counter()
        if self._tokens == 1:
            self._began = self._last

    def __str__(self) -> str:
        seconds = self._last - self._began
        timed = f", {(self._tokens - 1) / seconds:,.0f} a second" if seconds else ""
        return f"{self._tokens} tokens{timed}"


def _print(pieces: Iterator[str], count: int, rate: _Rate) -> None:
    """Shows so many pieces, each as it comes."""
    from quicktype.cli.output import printable

    for _, piece in zip(range(count), pieces, strict=False):
        rate.count()
        click.echo(printable(piece), nl=False)


def _only_chats(model: Model) -> bool:
    """Whether the model was trained on messages between markers and on nothing else."""
    from quicktype.prompt import PromptTemplate

    template = PromptTemplate.from_json(model.checkpoint.template)
    try:
        return bool(template.markers.roles)
    except ValueError:
        return False


def _opening(model: Model, prompt: str) -> list[int]:
    """The tokens of a text that begins so, with the tokenizer's begin token as in llama2.c's `run`.

    Where there is no begin token, a text without a prompt begins behind the end of another.
    """
    from quicktype.cli.failures import Failure

    tokenizer, context = model.tokenizer, model.config.context
    tokens = tokenizer.encode(prompt) if prompt else []
    if tokenizer.begin is not None:
        tokens = [tokenizer.begin, *tokens]
    elif not tokens and tokenizer.end is not None:
        tokens = [tokenizer.end]
    if not tokens:
        raise Failure("this model cannot begin on its own; give it a --prompt")
    if len(tokens) > context:
        raise Failure(f"the prompt is longer than the model's context of {context} tokens")
    return tokens


def _text(session: Session, tokens: list[int], prompt: str, sampler: Sampler) -> Iterator[str]:
    """What each token adds to the prompt, up to the next text's begin or the context's end."""
    import codecs

    tokenizer = session.model.tokenizer
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    strips = not prompt and tokenizer.opens_with_space
    branch = session.prefill(tokens)
    for _ in range(session.model.config.context - len(tokens)):
        token = sampler.sample(branch.logits)
        if token in (tokenizer.begin, tokenizer.end):
            return
        text = decoder.decode(tokenizer.pieces[token])
        yield text.removeprefix(" ") if strips else text
        strips = False
        [branch] = session.decode([(branch, token)])


def _chat(session: Session, prompt: str, sampler: Sampler) -> Iterator[str]:
    """What each token adds to a chat of the model with itself, whose first message begins so."""
    from quicktype.completer.talking import Talker
    from quicktype.conversation import Conversation, Turn

    talker = Talker(session.model, session=session)
    conversation = Conversation()
    speaker, other = "A", "B"
    while True:
        said = prompt
        for piece in talker.message(conversation, "A", speaker, sampler, before=prompt):
            said += piece
            yield piece
        conversation = Conversation((*conversation.turns, Turn(speaker, said)))
        speaker, other, prompt = other, speaker, ""
        yield f"\n{speaker}: "
