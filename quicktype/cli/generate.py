"""`quicktype generate`: plain generation, token by token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.model import Model
    from engine.sampling import Sampler
    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate


@click.command(
    epilog=examples(
        "quicktype generate --prompt 'are we still on for'",
        "quicktype generate -n 200 --temperature 0.7 --top-k 40 --seed 1",
        "quicktype generate --temperature 0     always the likeliest",
    )
)
@click.option("--model", help="A weights file or a listed model.")
@click.option("--prompt", default="", help="How the first message begins.")
@click.option(
    "-n", "count", default=128, show_default=True, type=click.IntRange(1), help="How many tokens."
)
@click.option("--temperature", default=0.8, show_default=True, type=click.FloatRange(0))
@click.option(
    "--top-p", default=0.95, show_default=True, type=click.FloatRange(0, 1, min_open=True)
)
@click.option("--top-k", default=0, show_default=True, type=click.IntRange(0), help="0: all.")
@click.option("--seed", type=int, help="The same seed gives the same text.")
def generate(
    *,
    model: str | None,
    prompt: str,
    count: int,
    temperature: float,
    top_p: float,
    top_k: int,
    seed: int | None,
) -> None:
    """Let the model chat with itself, and say how fast it is."""
    from engine.sampling import Sampler
    from quicktype.cli.local import load_model
    from quicktype.cli.output import printable
    from quicktype.prompt import PromptTemplate

    loaded = load_model(model)
    template = PromptTemplate.from_json(loaded.checkpoint.template)
    transcript = _Transcript(loaded.tokenizer, template)
    click.echo(f"{template.me} {prompt}", nl=False)
    produced, began = 0, time.perf_counter()
    for token in _tokens(loaded, template, prompt, Sampler(temperature, top_p, top_k, seed), count):
        click.echo(printable(transcript.text(token)), nl=False)
        produced += 1
    seconds = time.perf_counter() - began
    click.echo(f"\n\n{produced} tokens, {produced / seconds:,.0f} a second", err=True)


def _tokens(
    model: Model, template: PromptTemplate, prompt: str, sampler: Sampler, count: int
) -> Iterator[int]:
    """Tokens after the prompt, until there are `count` of them or the context is full."""
    from engine.session import Session

    markers = [model.tokenizer.marker(name) for name in (template.begin, template.me)]
    session = Session(model)
    branch = session.prefill([*markers, *model.tokenizer.encode(prompt)])
    for _ in range(min(count, model.config.context - branch.length)):
        token = sampler.sample(branch.logits)
        yield token
        [branch] = session.decode([(branch, token)])


class _Transcript:
    """Turns tokens into text, a message a line, as they come."""

    def __init__(self, tokenizer: Tokenizer, template: PromptTemplate) -> None:
        import codecs

        self._pieces = tokenizer.pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._roles = {tokenizer.marker(role): f"\n{role}" for role in template.roles}

    def text(self, token: int) -> str:
        """What this token adds to the screen."""
        return self._roles.get(token) or self._decoder.decode(self._pieces[token])
