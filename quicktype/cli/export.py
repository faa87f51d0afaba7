"""`quicktype train export`: the weights file and its model card, measured as they ship."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quicktype.cli.examples import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.checkpoint import Checkpoint
    from engine.model import Model
    from training.card import Sample
    from training.recipe import Recipe
    from training.validation import Case, Score

CASES_PER_SOURCE = 50
SAMPLES = 15
SAMPLE_SOURCES = ("chitchat_byu", "self_dialogue", "redial_test", "human_chat_meena", "fcc_gitter")


@click.command(
    epilog=examples(
        "quicktype train export WORK models/quicktype-chat.safetensors",
        "quicktype train export --bits 4 WORK small.safetensors",
        "QUICKTYPE_MODEL=mine.safetensors quicktype chat     try weights of your own",
    )
)
@click.argument("work", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--recipe", "recipe_name", default="chat", show_default=True)
@click.option(
    "--bits",
    type=click.Choice(["8", "4"]),
    default="8",
    show_default=True,
    help="Bits a weight in the layers; the embedding keeps 8. With 4 the file is a third smaller "
    "and read faster, and predicts a little worse: the card says how much.",
)
def export(work: Path, out: Path, recipe_name: str, bits: str) -> None:
    """Write WORK's newest weights to OUT, and a model card beside it.

    The card holds the data's licences, the cost, bits per byte of held-out messages (in floating
    point and in the engine with the rounded weights), and fifteen samples that nobody picked.
    """
    from engine.tokenizer import read_tokenizer
    from quicktype.prompt import QUICKTYPE
    from training.export import export as write_weights
    from training.recipe import load_recipe

    recipe = load_recipe(recipe_name)
    tokenizer = read_tokenizer((work / "tokenizer.model").read_bytes())
    made = write_weights(work, recipe, tokenizer, QUICKTYPE, out, int(bits))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB; measuring it for the card")
    card = out.with_suffix(".md")
    card.write_text(_card(made, work, recipe, out), encoding="utf-8")
    click.echo(f"{card}: written")


def _card(made: Checkpoint, work: Path, recipe: Recipe, out: Path) -> str:
    from engine import checkpoint
    from engine.model import Model
    from training.card import model_card
    from training.validation import read_cases

    model = Model(checkpoint.load(out))
    cases = read_cases(work, recipe.data.weights, CASES_PER_SOURCE, seed=recipe.seed)
    everyday = [case for case in cases if case.source in SAMPLE_SOURCES] or cases
    rng = random.Random(recipe.seed)
    drawn = rng.sample(everyday, min(SAMPLES, len(everyday)))
    samples = [_sample(model, case, rng) for case in drawn]
    scores = _scores(model, work, recipe, cases)
    return model_card(made, out, scores, samples, CASES_PER_SOURCE)


def _scores(model: Model, work: Path, recipe: Recipe, cases: Sequence[Case]) -> dict[str, Score]:
    """Bits per byte of the same messages by torch and by the engine."""
    from rich.progress import track

    from engine.scoring import surprise as engine_surprise
    from engine.session import Session
    from quicktype.prompt import QUICKTYPE
    from training.card import precision
    from training.export import newest_weights
    from training.model import Llama, surprise
    from training.validation import bits_per_byte

    weights, _ = newest_weights(work)
    llama = Llama(recipe.model.config(model.tokenizer.vocab))
    llama.load_state_dict(weights)
    score = partial(bits_per_byte, tokenizer=model.tokenizer, template=QUICKTYPE)
    return {
        "torch, bf16": score(
            list(track(cases, "bits per byte in torch")), surprise=partial(surprise, llama)
        ),
        f"engine, {precision(model.checkpoint)}": score(
            list(track(cases, "bits per byte in the engine")),
            surprise=partial(engine_surprise, Session(model)),
        ),
    }


def _sample(model: Model, case: Case, rng: random.Random) -> Sample:
    from quicktype.completer import Completer, CompletionRequest
    from quicktype.draft import Draft
    from training.card import Sample, cut_at_a_caret

    draft = cut_at_a_caret(case, rng)
    sample = Sample(case, draft, "", 0.0)
    answer = Completer(model).complete(
        CompletionRequest(
            conversation=sample.before,
            speaker=case.conversation.turns[-1].speaker,
            draft=Draft(draft),
            gate=False,
        )
    )
    if not answer.candidates:
        return sample
    best = answer.candidates[0]
    return Sample(case, draft, best.text, best.confidence)
