"""The kernels against plain NumPy, and NumPy against torch: three times the same Llama."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import reference
from engine.config import ModelConfig
from tests.support.comparison import decoded, divergence, near_ties
from tests.support.engine_models import (
    MIXES,
    SHAPES,
    checkpoint_of,
    smooth_checkpoint,
    smooth_weights,
    some_tokens,
)
from training.model import Llama


@pytest.mark.parametrize("shape", SHAPES)
def test_the_reference_is_what_torch_computes(shape: str) -> None:
    config = SHAPES[shape]
    weights = smooth_weights(config)
    model = Llama(config)
    model.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    tokens = some_tokens(config, 40)
    with torch.no_grad():
        expected = model(torch.tensor([tokens]))[0].numpy()
    found = reference.logits(weights, config, tokens)
    assert np.abs(found - expected).max() < 2e-4


@pytest.mark.parametrize(("mix", "limit"), [*zip(MIXES, (0.01, 0.05, 0.05), strict=True)])
@pytest.mark.parametrize("shape", SHAPES)
def test_few_bits_say_nearly_the_same_as_thirty_two(shape: str, mix: str, limit: float) -> None:
    config = SHAPES[shape]
    weights = smooth_weights(config)
    tokens = some_tokens(config, 80)
    expected = reference.logits(weights, config, tokens)
    found = decoded(checkpoint_of(config, weights, MIXES[mix]), tokens)
    assert divergence(expected, found) < limit
    assert divergence(expected, np.roll(found, 1, axis=0)) > 0.1  # the measure can tell


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("shape", SHAPES)
def test_greedy_text_is_the_quantized_references(shape: str, mix: str) -> None:
    config = SHAPES[shape]
    prompts = [some_tokens(config, 10, seed) for seed in range(4)]
    assert near_ties(smooth_checkpoint(config, four_bits=MIXES[mix]), prompts, 25) <= 2


def test_positions_matter() -> None:
    config = ModelConfig(64, 96, 1, 2, 1, 32, 50, 64)
    source = smooth_checkpoint(config)
    left = reference.quantized_logits(source, [1, 2, 3, 4])[-1]
    right = reference.quantized_logits(source, [2, 1, 3, 4])[-1]
    assert np.abs(left - right).max() > 0.01
