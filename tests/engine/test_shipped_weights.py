"""The weights that we ship, in the engine and in the references."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine import checkpoint, packing, reference
from engine.checkpoint import Checkpoint
from engine.quantize import dequantize
from engine.tokenizer import read_tokenizer
from tests.support.comparison import decoded, divergence, near_ties

MODELS = Path(checkpoint.__file__).parents[1] / "models"
TEXTS = ("how about", "thanks, I will", "see you", "what are you doing", "happy birthday")


def shipped() -> Checkpoint:
    (path,) = MODELS.glob("*.safetensors")
    return checkpoint.load(path)


def float_weights(source: Checkpoint) -> dict[str, np.ndarray]:
    """The weights that an int8 checkpoint stands for."""
    matrices = {name: dequantize(tensor) for name, tensor in source.matrices.items()}
    return packing.split(source.config, matrices) | dict(source.vectors)


def test_eight_bit_activations_lose_little() -> None:
    source = shipped()
    text = "are we still on for dinner tomorrow at seven? yes, I will bring the wine."
    tokens = [1, *read_tokenizer(source.tokenizer).encode(text)]
    expected = reference.logits(float_weights(source), source.config, tokens)
    assert divergence(expected, decoded(source, tokens)) < 0.01


def test_greedy_text_is_the_quantized_references() -> None:
    source = shipped()
    encode = read_tokenizer(source.tokenizer).encode
    assert near_ties(source, [[1, *encode(text)] for text in TEXTS], 20) <= 2
