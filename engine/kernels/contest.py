"""Instruction sets compete at what a keystroke asks for; a program, run by `engine.kernels.choice`.

``python -P -m engine.kernels.contest vnni512 vnni256`` prints, as JSON, the milliseconds that each
one takes for the same work. They take turns, for a machine may be busy with something else at any
time; and a turn is long enough for the processor to find the clock at which it runs such code.
"""

from __future__ import annotations

import json
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from engine.checkpoint import Checkpoint, vector_shapes
from engine.config import ModelConfig
from engine.kernels import library
from engine.model import Model
from engine.packing import matrix_shapes
from engine.quantize import QuantizedTensor, quantize
from engine.session import Session
from engine.simd.isa import Isa

if TYPE_CHECKING:
    from collections.abc import Sequence

SHAPE = ModelConfig(
    dim=576, hidden=1536, layers=2, heads=9, kv_heads=3, head_dim=64, vocab=2048, context=128
)
"""Two layers as wide as those of the shipped model: 9 MB, more than a core's own cache holds."""
TURNS = 12
TURN_S = 0.02
_PROMPT, _NEW, _BRANCHES, _STEPS = 48, 3, 4, 8


def _checkpoint() -> Checkpoint:
    """Random weights: speed depends on the shape alone."""
    random = np.random.default_rng(0)
    tensors: dict[tuple[int, int], QuantizedTensor] = {}
    matrices = {}
    for name, shape in matrix_shapes(SHAPE).items():
        if shape not in tensors:
            tensors[shape] = quantize(random.standard_normal(shape, np.float32))
        matrices[name] = QuantizedTensor(*shape, tensors[shape].packed.copy())
    vectors = {name: np.ones(shape, np.float32) for name, shape in vector_shapes(SHAPE).items()}
    return Checkpoint("contest", SHAPE, {}, b"", matrices, vectors, {})


def _work(session: Session, salt: int) -> None:
    """Read a prompt and three tokens more, decode a few, then take steps of four branches."""
    prompt = [(salt + place) % SHAPE.vocab for place in range(_PROMPT)]
    session.prefill(prompt).release()
    branch = session.prefill([*prompt, *range(_NEW)])
    branches = [branch] * _BRANCHES
    for step in range(_STEPS):
        branch = session.decode([(branch, step)])[0]
        branches = session.decode([(parent, step) for parent in branches])


def _turn(session: Session, salts: list[int]) -> float:
    """Seconds that the work takes at best, within a turn."""
    begun = perf_counter()
    best = float("inf")
    while (started := perf_counter()) < begun + TURN_S:
        salts[0] += 1
        _work(session, salts[0])
        best = min(best, perf_counter() - started)
    return best


def compete(candidates: Sequence[Isa], turns: int = TURNS) -> dict[Isa, float]:
    """Milliseconds for the same work, by instruction set: the median turn of each."""
    model = Model(_checkpoint())
    session = Session(model)
    kernels = {isa: library.load(isa) for isa in candidates}
    times: dict[Isa, list[float]] = {isa: [] for isa in candidates}
    salts = [0]
    for _ in range(turns):
        for isa in candidates:
            model.kernels = kernels[isa]
            times[isa].append(1000 * _turn(session, salts))
    return {isa: median(found) for isa, found in times.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(compete([Isa(name) for name in sys.argv[1:]])))
