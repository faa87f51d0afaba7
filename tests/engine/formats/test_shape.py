"""Shapes that the kernels cannot run, fitted to ones that they can."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import formats, packing
from engine.checkpoint import load
from engine.config import ModelConfig
from engine.formats import FormatError
from engine.formats.foreign import Weights
from engine.formats.shape import fitted, fitted_shape
from engine.model import Model
from engine.quantize import QuantizedTensor
from engine.reference import logits
from engine.session import Session
from tests.support.engine_models import smooth_weights
from tests.support.foreign_models import SMALL, write_gguf, write_llama2c
from training.model import Llama

TOKENS = [1, 5, 9, 2, 7, 7, 3]
STORIES260K = replace(SMALL, dim=64, hidden=172, layers=5, heads=8, kv_heads=4, head_dim=8)
"""The shape of llama2.c's smallest published model, with the vocabulary of these tests."""


class _Floats:
    """A matrix or vector that lies in memory."""

    kind, bits = "F32", None

    def __init__(self, numbers: NDArray[np.float32]) -> None:
        self.numbers = numbers
        self.shape: tuple[int, ...] = numbers.shape

    def floats(self, begin: int, end: int) -> NDArray[np.float32]:
        return self.numbers.reshape(-1, self.shape[-1])[begin:end]

    def packed(self, begin: int, end: int) -> QuantizedTensor:
        raise AssertionError((begin, end))


def _torch_logits(
    config: ModelConfig, weights: dict[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The logits of the model in its own shape, by torch."""
    model = Llama(config)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    with torch.no_grad():
        found: NDArray[np.float32] = model(torch.tensor([TOKENS]))[0].numpy()
    return found


@st.composite
def shapes(draw: st.DrawFn) -> ModelConfig:
    """Shapes with odd sizes in every place where there may be one."""
    kv_heads = draw(st.integers(1, 3))
    heads = kv_heads * draw(st.integers(1, 3))
    return ModelConfig(
        dim=draw(st.integers(3, 70)),
        hidden=draw(st.integers(1, 70)),
        layers=2,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=2 * draw(st.integers(1, 20)),
        vocab=20,
        context=64,
        rope_theta=draw(st.sampled_from([100.0, 10_000.0, 500_000.0])),
        norm_eps=draw(st.sampled_from([1e-5, 1e-2])),
        tied=draw(st.booleans()),
    )


@settings(deadline=None, max_examples=40)
@given(config=shapes(), seed=st.integers(0, 99))
def test_a_fitted_model_says_what_the_model_said(config: ModelConfig, seed: int) -> None:
    weights = smooth_weights(config, seed)
    sources: dict[str, Weights] = {name: _Floats(array) for name, array in weights.items()}
    shape = fitted_shape(config)
    tensors = fitted(config, shape, sources)
    widened = {}
    for name, size in packing.weight_shapes(shape).items():
        assert tensors[name].shape == size
        rows = size[0] if len(size) == 2 else 1
        widened[name] = tensors[name].floats(0, rows).reshape(size)
    expected = _torch_logits(config, weights)
    assert np.allclose(logits(widened, shape, TOKENS), expected, rtol=1e-3, atol=1e-3)


def test_what_fits_is_left_as_it_is() -> None:
    sources: dict[str, Weights] = {
        name: _Floats(array) for name, array in smooth_weights(SMALL).items()
    }
    assert fitted_shape(SMALL) == SMALL
    assert fitted(SMALL, SMALL, sources) == sources


@pytest.mark.parametrize("write", [write_llama2c, write_gguf])
def test_the_smallest_published_llama_runs(write: object, tmp_path: Path) -> None:
    """Read from a file, heads of 8 and 172 hidden units, whose rows the formats interleave."""
    weights = smooth_weights(STORIES260K)
    suffix = "bin" if write is write_llama2c else "gguf"
    assert callable(write)
    model = formats.read(write(tmp_path / f"m.{suffix}", STORIES260K, weights))
    formats.save(tmp_path / "m.safetensors", model, name="m", template={}, card={}, context=64)
    session = Session(Model(load(tmp_path / "m.safetensors")))
    expected = _torch_logits(STORIES260K, weights)[-1]
    found = session.prefill(TOKENS).logits
    assert np.corrcoef(found, expected)[0, 1] > 0.999
    assert found.argmax() == expected.argmax()


def test_a_head_without_pairs() -> None:
    config = replace(SMALL, heads=5, kv_heads=5, head_dim=13, dim=65)
    with pytest.raises(FormatError, match="head_dim 13 is odd"):
        fitted_shape(config)
