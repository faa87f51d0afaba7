"""Fusing matrices for the kernels, and telling which models they can run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine import packing
from engine.packing import PackingError
from engine.quantize import QuantizationError, dequantize, quantize, unpack
from tests.support.engine_models import SHAPES, SMALL, smooth_weights


@pytest.mark.parametrize("shape", SHAPES)
def test_splitting_undoes_fusing(shape: str) -> None:
    config = SHAPES[shape]
    weights = smooth_weights(config)
    fused = packing.fuse(config, weights)
    assert {name: matrix.shape for name, matrix in fused.items()} == packing.matrix_shapes(config)
    split = packing.split(config, fused)
    assert split.keys() == {name for name, weight in weights.items() if weight.ndim == 2}
    for name, matrix in split.items():
        assert np.array_equal(matrix, weights[name]), name


def test_gate_and_up_take_turns_in_blocks_of_sixteen() -> None:
    weights = smooth_weights(SMALL)
    gate_up = packing.fuse(SMALL, weights)["layers.1.gate_up"]
    assert np.array_equal(gate_up[:16], weights["layers.1.gate"][:16])
    assert np.array_equal(gate_up[16:32], weights["layers.1.up"][:16])
    assert np.array_equal(gate_up[32:48], weights["layers.1.gate"][16:32])


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_packed_matrices_are_fused_without_touching_a_weight(shape: str, bits: int) -> None:
    config = SHAPES[shape]
    weights = smooth_weights(config)
    packed = {name: quantize(w, bits) for name, w in weights.items() if w.ndim == 2}
    rounded = {name: dequantize(tensor) for name, tensor in packed.items()}
    expected = packing.fuse(config, weights | rounded)
    fused = packing.fuse_packed(config, {**weights, **packed})
    assert list(fused) == list(packing.matrix_shapes(config))
    for name, tensor in fused.items():
        assert tensor.bits == bits
        assert np.array_equal(dequantize(tensor), expected[name]), name


def test_what_is_rounded_gets_its_bits_in_the_layers_only() -> None:
    config = SHAPES["an untied classifier, 333 tokens"]
    fused = packing.fuse_packed(config, smooth_weights(config), bits=4)
    eight = {name for name, tensor in fused.items() if tensor.bits == 8}
    assert eight == {"embedding", "classifier"}
    with pytest.raises(QuantizationError, match="8 or 4 bits"):
        packing.fuse_packed(config, smooth_weights(config), bits=2)


def test_parts_in_different_bits_are_rounded_together_and_others_stay() -> None:
    weights = dict(smooth_weights(SMALL))
    exact = {
        "layers.0.q": quantize(weights["layers.0.q"], 4),
        "layers.0.k": quantize(weights["layers.0.k"], 4),
        "layers.0.v": quantize(weights["layers.0.v"], 8),
        "layers.1.o": quantize(weights["layers.1.o"], 4),
    }
    fused = packing.fuse_packed(SMALL, {**weights, **exact})
    assert {name for name, tensor in fused.items() if tensor.bits == 4} == {"layers.1.o"}
    assert fused["layers.1.o"] is exact["layers.1.o"]
    queries = len(weights["layers.0.q"])
    close = dequantize(fused["layers.0.qkv"])[:queries] - dequantize(exact["layers.0.q"])
    step = unpack(fused["layers.0.qkv"]).scales[:queries].astype(np.float32).repeat(32, axis=1)
    assert (np.abs(close) <= 0.51 * step).all()


@pytest.mark.parametrize("fuse", [packing.fuse, packing.fuse_packed])
def test_a_missing_or_misshapen_weight_is_named(fuse: Callable[..., object]) -> None:
    weights = smooth_weights(SMALL)
    with pytest.raises(PackingError, match=r"layers\.0\.k"):
        fuse(SMALL, {name: w for name, w in weights.items() if name != "layers.0.k"})
    wrong = np.zeros((5, 32), np.float32)
    with pytest.raises(PackingError, match=r"layers\.1\.down is \(5, 32\)"):
        fuse(SMALL, weights | {"layers.1.down": wrong})
    with pytest.raises(PackingError, match=r"layers\.1\.down is \(5, 32\)"):
        fuse(SMALL, weights | {"layers.1.down": quantize(wrong, 4)})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"dim": 100}, "dim to be a multiple of 32, not 100"),
        ({"hidden": 48}, "hidden to be a multiple of 32, not 48"),
        ({"head_dim": 24}, "head_dim to be a multiple of 16, not 24"),
        ({"heads": 1, "kv_heads": 1, "head_dim": 16}, r"heads \* head_dim"),
        ({"kv_heads": 3}, "4 heads cannot share 3"),
        ({"layers": 0}, "positive layers"),
    ],
)
def test_a_shape_that_the_kernels_cannot_run_is_refused(
    change: dict[str, int], complaint: str
) -> None:
    with pytest.raises(PackingError, match=complaint):
        packing.check(replace(SMALL, **change))  # type: ignore[arg-type]
