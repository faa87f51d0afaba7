"""The weights that we ship, in the engine and in the references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine import checkpoint, packing, reference
from engine.checkpoint import Checkpoint
from engine.formats import ggml
from engine.ggml_blocks import from_q4_1
from engine.quantize import QuantizedTensor, dequantize
from engine.tokenizer import read_tokenizer
from tests.support.comparison import decoded, divergence, near_ties

MODELS = Path(checkpoint.__file__).parents[1] / "models"
LETTER = Path(__file__).parents[1] / "support" / "letter.txt"
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


def rounded(source: Checkpoint, weights: Mapping[str, np.ndarray | QuantizedTensor]) -> Checkpoint:
    """The checkpoint with layers of four bits."""
    return replace(source, matrices=packing.fuse_packed(source.config, weights, bits=4))


def rounded_by_ggml(matrix: np.ndarray) -> QuantizedTensor:
    rows, columns = matrix.shape
    return from_q4_1(rows, columns, ggml.encode(matrix, ggml.Q4_1))


def test_four_bit_layers_lose_little_and_less_than_with_ggmls_rounding() -> None:
    """Ours against GGML's, which llama.cpp quantises with, in the same format and the same kernels.

    The divergence is over the logits after every token of an English letter.
    """
    source = shipped()
    tokens = [1, *read_tokenizer(source.tokenizer).encode(LETTER.read_text("utf-8"))][:300]
    weights = float_weights(source)
    theirs = {
        name: rounded_by_ggml(weight)
        for name, weight in weights.items()
        if weight.ndim == 2 and name.startswith("layers.")
    }
    expected = reference.logits(weights, source.config, tokens)
    our_loss = divergence(expected, decoded(rounded(source, weights), tokens))
    their_loss = divergence(expected, decoded(rounded(source, {**weights, **theirs}), tokens))
    assert our_loss < 0.03
    assert our_loss < their_loss


def test_greedy_text_is_the_quantized_references() -> None:
    source = shipped()
    encode = read_tokenizer(source.tokenizer).encode
    assert near_ties(source, [[1, *encode(text)] for text in TEXTS], 20) <= 2
