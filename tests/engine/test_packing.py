"""Fusing matrices for the kernels, and telling which models they can run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import packing
from engine.packing import PackingError
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


def test_a_missing_or_misshapen_weight_is_named() -> None:
    weights = smooth_weights(SMALL)
    with pytest.raises(PackingError, match=r"layers\.0\.k"):
        packing.fuse(SMALL, {name: w for name, w in weights.items() if name != "layers.0.k"})
    with pytest.raises(PackingError, match=r"layers\.1\.down is \(5, 32\)"):
        packing.fuse(SMALL, weights | {"layers.1.down": np.zeros((5, 32), np.float32)})


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
