"""What llama.cpp and llama2.c said of small models, kept here.

The tokens are llama.cpp's (llama-cpp-python 0.3.36, greedy) on these very files; llama2.c's `run`
printed the same ones. In all of them the best token leads by so much that rounding to eight bits
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine import formats
from engine.checkpoint import load
from engine.model import Model
from engine.session import Session
from tests.support.foreign_models import SMALL, weights_of, write_folder, write_gguf, write_llama2c

_CONFIG = replace(SMALL, tied=False)
_SAID = {
    (5, "see you tomorrow"): [253, 41, 246, 49, 41, 246, 397, 246, 74, 148, 74, 148],
    (7, "how about seven"): [362, 46, 350, 163, 189, 341, 127, 25, 288, 317, 288, 112],
    (9, "how about seven"): [112, 185, 185, 185, 37, 367, 198, 122, 272, 30, 367, 367],
}


@pytest.mark.parametrize(("seed", "prompt"), _SAID)
@pytest.mark.parametrize("write", [write_gguf, write_llama2c, write_folder])
def test_our_engine_says_what_they_said(
    tmp_path: Path, write: Callable[..., Path], seed: int, prompt: str
) -> None:
    made = write(tmp_path / "m", _CONFIG, weights_of(_CONFIG, seed))
    formats.save(
        tmp_path / "o.safetensors", formats.read(made), name="m", template={}, card={}, context=64
    )
    model = Model(load(tmp_path / "o.safetensors"))
    session = Session(model)
    branch = session.prefill([1, *model.tokenizer.encode(prompt)])
    tokens = []
    for _ in range(12):
        tokens.append(int(branch.logits.argmax()))
        (branch,) = session.decode([(branch, tokens[-1])])
    assert tokens == _SAID[seed, prompt]
