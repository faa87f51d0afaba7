"""From a training run to a weights file."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import checkpoint
from training import curves
from training.checkpoints import checkpoints, load_checkpoint

if TYPE_CHECKING:
    import torch

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.recipe import Recipe


class ExportError(ValueError):
    """There is nothing to export, or the weights are not numbers."""


def newest_weights(work: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The weights of a run's newest checkpoint, and what it cost to make them.

    Raises:
        ExportError: the run has no checkpoint, or its weights hold a NaN.
        training.checkpoints.CheckpointError: the checkpoint cannot be read.
    """
    saved = checkpoints(work / "checkpoints")
    if not saved:
        raise ExportError(f"{work} holds no checkpoint; run `quicktype train pretrain` first")
    tensors, progress = load_checkpoint(saved[-1])
    weights = {
        name.removeprefix("model."): value.float()
        for name, value in tensors.items()
        if name.startswith("model.")
    }
    broken = [name for name, value in weights.items() if not math.isfinite(value.abs().sum())]
    if broken:
        raise ExportError(f"{saved[-1]} holds NaN or infinity in {broken[0]}")
    cost = {"steps": progress.step, "tokens": progress.tokens, "seconds": progress.seconds}
    return weights, cost


def export(
    work: Path,
    recipe: Recipe,
    tokenizer: Tokenizer,
    template: PromptTemplate,
    out: Path,
    bits: int = 8,
) -> checkpoint.Checkpoint:
    """Writes the newest weights to `out`; the card inside says how they were made.

    The layers' matrices get `bits` a weight, 8 or 4, the embedding and the classifier 8.
    """
    weights, cost = newest_weights(work)
    history = curves.read(work)
    card = {
        "recipe": dataclasses.asdict(recipe),
        "cost": cost,
        "validation_bits_per_byte": history[-1].validation_bits_per_byte if history else None,
        "data": used_sources(recipe),
        "start": _start(recipe),
    }
    made = checkpoint.quantized(
        recipe.name,
        recipe.model.config(tokenizer.vocab),
        {name: value.numpy() for name, value in weights.items()},
        tokenizer.data,
        template.to_json(),
        card,
        bits,
    )
    checkpoint.save(out, made)
    return made


def used_sources(recipe: Recipe) -> dict[str, dict[str, str]]:
    """Licence and origin of each source that the recipe uses, as far as they are known."""
    known = tomllib.loads((Path(__file__).parent / "sources.toml").read_text(encoding="utf-8"))
    return {source: known.get(source, {}) for source in recipe.data.weights}


def _start(recipe: Recipe) -> str:
    if not recipe.start.layers:
        return "from scratch"
    kept = ", ".join(map(str, recipe.start.layers))
    return f"layers {kept} of SmolLM2-135M-Instruct (Apache-2.0), embeddings averaged by text"
