"""The training loop: windows in, checkpoints and curves out; stops and resumes at any moment."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import torch
from torch import nn
from torch.nn import functional

from training import curves
from training.checkpoints import Progress, checkpoints, load_checkpoint, save_checkpoint
from training.markers import Markers
from training.model import Llama, surprise
from training.optimizers import Optimizers, rate_at
from training.stream import IGNORED, Stream, WindowSampler
from training.validation import Case, bits_per_byte, read_cases

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.recipe import Recipe

VALIDATION_SOURCES = 6
VALIDATION_CASES = 25


class TrainingError(RuntimeError):
    """The run cannot go on; what it has reached is saved."""


class Watcher(Protocol):
    """Whoever shows a run's progress."""

    def stepped(self, share: float, step: int, tokens_per_second: float, loss: float) -> None:
        """After each step: the share of the run that is done, and the loss in bits per token."""

    def looked(self, line: curves.LogLine) -> None:
        """After each look at the validation messages."""


@dataclass
class Run:
    """One training run in one folder, which also holds its corpus, tokenizer and arrays."""

    folder: Path
    recipe: Recipe
    tokenizer: Tokenizer
    template: PromptTemplate
    model: Llama
    optimizers: Optimizers
    sampler: WindowSampler
    cases: list[Case]
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """How much of the steps or of the time that the recipe gives is used up."""
        if self.recipe.train.steps is not None:
            return min(1.0, self.step / self.recipe.train.steps)
        return min(1.0, self.seconds / (60 * self.recipe.train.minutes))

    def save(self) -> Path:
        """Writes a checkpoint; raises training.checkpoints.CheckpointError if it cannot."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= self.optimizers.tensors()
        generator = dict(self.sampler.rng.bit_generator.state)
        progress = Progress(self.step, self.tokens, self.seconds, generator)
        return save_checkpoint(self.folder / "checkpoints", tensors, progress)

    def resume(self, path: Path) -> None:
        """Takes up where a checkpoint stands."""
        tensors, progress = load_checkpoint(path)
        weights = {
            name.removeprefix("model."): value
            for name, value in tensors.items()
            if name.startswith("model.")
        }
        self.model.load_state_dict(weights)
        self.optimizers.restore(tensors)
        self.sampler.rng.bit_generator.state = progress.generator
        self.step, self.tokens, self.seconds = progress.step, progress.tokens, progress.seconds
        curves.rewrite(self.folder, curves.read(self.folder, before_step=self.step))


def open_run(
    folder: Path,
    recipe: Recipe,
    tokenizer: Tokenizer,
    template: PromptTemplate,
    start: Callable[[Llama], None],
) -> Run:
    """A run as its newest checkpoint left it; `start` fills a new one's weights."""
    torch.manual_seed(recipe.seed)
    model = Llama(recipe.model.config(tokenizer.vocab))
    markers = Markers.of(tokenizer, template)
    sampler = WindowSampler(Stream.load(folder), markers, tokenizer.vocab, recipe.seed)
    everyday = sorted(recipe.data.weights, key=recipe.data.weights.__getitem__, reverse=True)
    cases = read_cases(folder, everyday[:VALIDATION_SOURCES], VALIDATION_CASES, recipe.seed)
    optimizers = Optimizers(model, recipe.train)
    run = Run(folder, recipe, tokenizer, template, model, optimizers, sampler, cases)
    saved = checkpoints(folder / "checkpoints")
    if saved:
        run.resume(saved[-1])
    else:
        start(model)
        curves.rewrite(folder, [])
    return run


def train(run: Run, watcher: Watcher) -> None:
    """Trains until the recipe's steps or time are used up.

    The watcher may end the run after any step by raising KeyboardInterrupt: a checkpoint is saved,
    and the interrupt goes on to the caller.

    Raises:
        TrainingError: the loss is no longer a number; the last checkpoint stays.
        training.checkpoints.CheckpointError: a checkpoint could not be written.
    """
    recipe = run.recipe.train
    tokens_per_step = recipe.windows_per_step * recipe.window
    saved_at = run.seconds
    losses: list[float] = []
    while run.share < 1.0:
        began = time.monotonic()
        losses.append(_step(run))
        seconds = time.monotonic() - began
        run.seconds += seconds
        try:
            watcher.stepped(run.share, run.step, tokens_per_step / seconds, losses[-1])
        except KeyboardInterrupt:
            run.save()
            raise
        if run.step % recipe.evaluate_every == 0 or run.share >= 1.0:
            watcher.looked(_look(run, losses))
            losses.clear()
        if run.seconds - saved_at > 60 * recipe.checkpoint_minutes or run.share >= 1.0:
            run.save()
            saved_at = run.seconds


def _step(run: Run) -> float:
    """One update; returns its loss in bits per predicted token."""
    recipe = run.recipe.train
    inputs, targets = run.sampler.draw(recipe.windows_per_step, recipe.window)
    predicted = int((targets != IGNORED).sum())
    total = 0.0
    for first in range(0, recipe.windows_per_step, recipe.windows_per_pass):
        rows = slice(first, first + recipe.windows_per_pass)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = run.model(torch.from_numpy(inputs[rows]))
        loss = functional.cross_entropy(
            logits.float().flatten(0, 1),
            torch.from_numpy(targets[rows]).flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )
        torch.autograd.backward(loss / predicted)
        total += loss.item()
    if not math.isfinite(total):
        raise TrainingError(
            f"the loss is {total} at step {run.step}; lower the rates in the recipe and run the "
            "same command to resume from the last checkpoint"
        )
    nn.utils.clip_grad_norm_(run.model.parameters(), recipe.clip)
    run.optimizers.step(rate_at(run.share, run.step, recipe))
    run.step += 1
    run.tokens += targets.size
    return total / predicted / math.log(2)


def _look(run: Run, losses: list[float]) -> curves.LogLine:
    """Scores the validation messages, and adds to the log and its picture."""
    score = bits_per_byte(run.cases, run.tokenizer, run.template, partial(surprise, run.model))
    line = curves.LogLine(
        step=run.step,
        tokens=run.tokens,
        seconds=run.seconds,
        rate=rate_at(run.share, run.step, run.recipe.train),
        train_bits_per_token=sum(losses) / len(losses),
        validation_bits_per_byte=score.overall,
        sources=score.sources,
    )
    curves.append(run.folder, line)
    curves.draw(curves.read(run.folder), run.folder / "curves.png", run.recipe.name)
    return line
