"""Muon for the layers' matrices, AdamW for embeddings and norms, and their common schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from training.model import Llama
    from training.recipe import TrainRecipe


class Optimizers:
    """Both optimizers, stepped as one.

    Muon orthogonalises each matrix's momentum (Jordan et al. 2024); the matrices of a layer are
    kept apart (q, k, v, gate, up), which is what it wants. Updates are scaled to AdamW's usual size
    (Liu et al. 2025), so that one rate serves all shapes.
    """

    def __init__(self, model: Llama, recipe: TrainRecipe) -> None:
        named = dict(model.named_parameters())
        matrices = {
            name: p for name, p in named.items() if p.dim() == 2 and name.startswith("layers.")
        }
        others = {name: p for name, p in named.items() if name not in matrices}
        self.muon = torch.optim.Muon(
            list(matrices.items()),
            lr=recipe.matrix_rate,
            momentum=0.95,
            weight_decay=recipe.weight_decay,
            adjust_lr_fn="match_rms_adamw",
        )
        self.adamw = torch.optim.AdamW(
            list(others.items()), lr=recipe.other_rate, betas=(0.9, 0.95), weight_decay=0.0
        )
        self._recipe = recipe

    def step(self, rate: float) -> None:
        """One update at `rate` times the recipe's rates; clears the gradients."""
        rates = (self._recipe.matrix_rate, self._recipe.other_rate)
        for (_, optimizer), full in zip(self._both(), rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = full * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, torch.Tensor]:
        """The optimizers' whole state as named tensors."""
        return {
            f"{kind}.{name}.{key}": value
            for kind, optimizer in self._both()
            for name, parameter in _named(optimizer)
            for key, value in optimizer.state[parameter].items()
        }

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Takes back what `tensors` gave."""
        for kind, optimizer in self._both():
            for name, parameter in _named(optimizer):
                prefix = f"{kind}.{name}."
                optimizer.state[parameter] = {
                    key.removeprefix(prefix): value.clone()
                    for key, value in tensors.items()
                    if key.startswith(prefix)
                }

    def _both(self) -> tuple[tuple[str, torch.optim.Optimizer], ...]:
        return (("muon", self.muon), ("adamw", self.adamw))


def _named(optimizer: torch.optim.Optimizer) -> list[tuple[str, torch.Tensor]]:
    return [
        (name, parameter)
        for group in optimizer.param_groups
        for name, parameter in zip(group["param_names"], group["params"], strict=True)
    ]


def rate_at(share: float, step: int, recipe: TrainRecipe) -> float:
    """The rate's factor after `share` of the run: warm-up, constant, then linear to zero."""
    warm = min(1.0, (step + 1) / recipe.warmup_steps)
    rest = 1.0 - recipe.constant_until
    return warm * min(1.0, max(0.0, (1.0 - share) / rest))
